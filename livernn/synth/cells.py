"""Gates of the recurrent cells, after their matrices."""

from livernn.synth.compiled import network
from livernn.synth.vector import Floats, sigmoid, tanh


@network
def step_gru(from_input: Floats, from_state: Floats, hidden: Floats, dim: int) -> None:
    for i in range(dim):
        reset = sigmoid(from_input[i] + from_state[i])
        update = sigmoid(from_input[dim + i] + from_state[dim + i])
        new = tanh(from_input[2 * dim + i] + reset * from_state[2 * dim + i])
        hidden[i] = new + update * (hidden[i] - new)


@network
def step_lstm(from_input: Floats, from_state: Floats, hidden: Floats, cell: Floats, dim: int) -> None:
    for i in range(dim):
        enter = sigmoid(from_input[i] + from_state[i])
        forget = sigmoid(from_input[dim + i] + from_state[dim + i])
        new = tanh(from_input[2 * dim + i] + from_state[2 * dim + i])
        out = sigmoid(from_input[3 * dim + i] + from_state[3 * dim + i])
        cell[i] = forget * cell[i] + enter * new
        hidden[i] = out * tanh(cell[i])
