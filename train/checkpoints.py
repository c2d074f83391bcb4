"""What a run needs to go on after it was killed, written so that a file is either the old one or the new one, whole."""
import os

import torch


def save(path, state):
    temporary = path + ".new"
    with open(temporary, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def load(path, device="cpu"):
    """None if there is none. Only tensors and plain values are read, never code."""
    if not os.path.exists(path):
        return None
    return torch.load(path, map_location=device, weights_only=True)


class Average:
    """Exponential moving average of a network's weights: what is measured and exported."""

    def __init__(self, network, copy, most=0.998):
        self.network, self.most = copy, most
        copy.load_state_dict(network.state_dict())
        copy.eval()

    @torch.no_grad()
    def update(self, network, step):
        keep = min(self.most, (1 + step) / (20 + step))
        for mine, new in zip(self.network.parameters(), network.parameters()):
            mine.lerp_(new, 1 - keep)
        for mine, new in zip(self.network.buffers(), network.buffers()):
            if mine.is_floating_point():
                mine.lerp_(new, 1 - keep)
            else:
                mine.copy_(new)
