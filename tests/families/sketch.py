"""Writes small ONNX graphs: a sketch is a graph under construction, its values are names."""
import numpy
import onnx
from onnx import helper, numpy_helper


class Sketch:
    def __init__(self, opset, seed=1):
        self.opset = opset
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.inputs, self.outputs, self.initializers, self.fed = [], [], [], [], []
        self.functions = []
        self.count = 0

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def numbers(self, *shape, scale=1.0, offset=0.0):
        return numpy.asarray(offset + scale * self.random.standard_normal(shape), numpy.float32)

    def input(self, *shape, declared=None, scale=1.0, offset=0.0):
        """A graph input; `declared`: its shape in the file, if it is another (names are open axes)."""
        name = self.fresh()
        self.inputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(declared or shape)))
        self.fed.append(self.numbers(*shape, scale=scale, offset=offset))
        return name

    def constant(self, array, dtype=None):
        """An initializer; lists of integers become int64, of floats float32."""
        array = numpy.asarray(array)
        if dtype is None:
            dtype = numpy.int64 if array.dtype.kind in "iu" and array.dtype != numpy.bool_ else array.dtype
            dtype = numpy.float32 if numpy.dtype(dtype).kind == "f" and array.dtype == numpy.float64 else dtype
        name = self.fresh()
        self.initializers.append(numpy_helper.from_array(array.astype(dtype), name))
        return name

    def weights(self, *shape, scale=None, offset=0.0):
        fan = int(numpy.prod(shape[1:])) if len(shape) > 1 else 1
        return self.constant(self.numbers(*shape, scale=fan ** -0.5 if scale is None else scale, offset=offset))

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [self.fresh() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, ["" if i is None else i for i in inputs], names, name=f"{kind}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def function(self, name, inputs, outputs, nodes, attributes=(), defaults=()):
        """A function of the model itself, called by the operator's name in the domain "local"."""
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("local", 1)]
        self.functions.append(helper.make_function("local", name, inputs, outputs, nodes, opsets, attributes, defaults))

    def branches(self, condition, then, otherwise, outputs=1):
        """An If; each branch is what a function makes in a sketch of its own, which sees this one's names."""
        graphs = []
        for build in (then, otherwise):
            inner = Sketch(self.opset, seed=self.count)
            inner.count = 1000  # a branch may hide no name around it
            build(inner)
            infos = [helper.make_empty_tensor_value_info(name) for name in inner.outputs]
            for info in infos:
                info.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
            graphs.append(helper.make_graph(inner.nodes, "branch", [], infos, inner.initializers))
        return self.op("If", condition, outputs=outputs, then_branch=graphs[0], else_branch=graphs[1])

    def output(self, *names):
        self.outputs += names

    def model(self):
        infos = [helper.make_empty_tensor_value_info(name) for name in self.outputs]
        for info in infos:
            info.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
        graph = helper.make_graph(self.nodes, "sketch", self.inputs, infos, self.initializers)
        opsets = [helper.make_opsetid("", self.opset)] + [helper.make_opsetid("local", 1)] * bool(self.functions)
        model = helper.make_model(graph, opset_imports=opsets, functions=self.functions, ir_version=8 if self.opset < 23 else 11)
        return model.SerializeToString()
