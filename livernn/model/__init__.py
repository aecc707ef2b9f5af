"""The SampleRNN model family: configuration, codecs, network, checkpoint file."""
