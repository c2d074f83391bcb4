"""A teacher: an ONNX recognizer run by ONNX Runtime, with feature maps beside its embedding where they are asked for."""
import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def open_batch(model):
    """Lets the graph take any number of faces: exports with batch 1 say so in their inputs, outputs and Reshapes."""
    for value in list(model.graph.input) + list(model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    shapes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    constants = {node.output[0]: node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"}
    for name in shapes:
        tensor = weights.get(name, constants.get(name))
        if tensor is None:
            continue
        shape = numpy_helper.to_array(tensor)
        if shape.ndim == 1 and len(shape) == 2:
            tensor.CopyFrom(numpy_helper.from_array(np.array([0, -1], np.int64), tensor.name))


class Teacher:
    """mean, std: of the pixels 0..255 by channel, RGB; maps: names of values inside the graph, each [N,C,H,W]."""

    def __init__(self, path, mean=(127.5,) * 3, std=(127.5,) * 3, maps=(), threads=1):
        model = onnx.load(path)
        open_batch(model)
        for name in maps:
            model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.input = model.graph.input[0].name
        self.outputs = [model.graph.output[0].name, *maps]
        self.mean, self.std = np.array(mean, np.float32), np.array(std, np.float32)

    def __call__(self, pictures):
        """uint8 RGB [N,112,112,3] -> unit embeddings [N,D] and maps [N,C*7*7], those larger than 7x7 averaged down to it"""
        values = ((pictures.astype(np.float32) - self.mean) / self.std).transpose(0, 3, 1, 2)
        embeddings, *maps = self.session.run(self.outputs, {self.input: np.ascontiguousarray(values)})
        return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), [averaged(each) for each in maps]

    def embed(self, pictures, batch=32):
        return np.concatenate([self(pictures[first:first + batch])[0] for first in range(0, len(pictures), batch)])


def averaged(values, side=7):
    count, channels, height, width = values.shape
    if height % side or width % side:
        raise ValueError(f"a feature map of {height} x {width}; a multiple of {side} x {side} was expected")
    return values.reshape(count, channels, side, height // side, side, width // side).mean((3, 5)).reshape(count, -1)
