"""From a corpus to a model: batches, pretraining, training, calibration, export and the model card."""
