"""cameo.onnxruntime beside the package onnxruntime: the same models and tensors through both."""
import os
import pickle
import unittest
import warnings

import numpy

import package_data
from package_data import DATA, made_model

MODELS = ["mobilefacenet_arcface.onnx", "mobilefacenet_arcface_mxnet.onnx", "mobilefacenet_foamliu_op11.onnx", "det_500m.onnx", "scrfd_2.5g_bnkps.onnx",
          "yunet_n_dynamic.onnx", "version-RFB-320.onnx", "2.7_80x80_MiniFASNetV2.onnx"]
OPEN_SIZE = 320


def sessions(path, **settings):
    """(theirs, ours)"""
    import onnxruntime

    import cameo.onnxruntime

    onnxruntime.set_default_logger_severity(3)
    return tuple(module.InferenceSession(path, providers=["CPUExecutionProvider"], **settings) for module in (onnxruntime, cameo.onnxruntime))


def feed(session, batch=1):
    """Pixels of noise for a session's input, its open sizes filled in."""
    info = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else batch if axis == 0 else OPEN_SIZE for axis, size in enumerate(info.shape)]
    return {info.name: numpy.random.default_rng(5).uniform(-1, 1, shape).astype(numpy.float32)}


@unittest.skipUnless(package_data.has_data(), f"there are no models in {DATA}")
class SameAnswers(unittest.TestCase):
    def test_real_models(self):
        for name in MODELS:
            theirs, ours = sessions(os.path.join(DATA, "models", name))
            tensors = feed(theirs)
            for ask in ("get_inputs", "get_outputs"):
                a, b = getattr(theirs, ask)(), getattr(ours, ask)()
                self.assertEqual([(info.name, info.type, len(info.shape)) for info in a], [(info.name, info.type, len(info.shape)) for info in b], name)
                for one, two in zip(a, b):
                    self.assertEqual([size if isinstance(size, int) else None for size in one.shape], two.shape, name)
            expected, got = theirs.run(None, tensors), ours.run(None, tensors)
            self.assertEqual(len(expected), len(got))
            for a, b in zip(expected, got):
                self.assertEqual((a.dtype, a.shape), (b.dtype, b.shape), name)
                numpy.testing.assert_allclose(b, a, atol=2e-4 * max(1.0, float(numpy.abs(a).max())), err_msg=name)

    def test_some_outputs_by_name(self):
        theirs, ours = sessions(os.path.join(DATA, "models", "det_500m.onnx"))
        names = [theirs.get_outputs()[index].name for index in (7, 0, 3)]
        for a, b in zip(theirs.run(names, feed(theirs)), ours.run(names, feed(ours))):
            self.assertEqual(a.shape, b.shape)
            numpy.testing.assert_allclose(b, a, atol=1e-3)

    def test_bytes_batches_and_shapes(self):
        with open(package_data.RECOGNIZER, "rb") as file:
            content = file.read()
        theirs, ours = sessions(content)
        for batch in (1, 5, 2, 1):
            a, b = theirs.run(None, feed(theirs, batch))[0], ours.run(None, feed(ours, batch))[0]
            self.assertEqual(a.shape, (batch, 128))
            numpy.testing.assert_allclose(b, a, atol=1e-4)

    def test_bound_inputs_and_outputs(self):
        import onnxruntime

        import cameo.onnxruntime

        said = []
        for module, session in zip((onnxruntime, cameo.onnxruntime), sessions(package_data.RECOGNIZER)):
            tensors = feed(session, 2)
            name, output = session.get_inputs()[0].name, session.get_outputs()[0].name
            buffer = numpy.full((2, 128), numpy.nan, numpy.float32)
            binding = session.io_binding()
            binding.bind_cpu_input(name, tensors[name])
            binding.bind_output(output, "cpu", 0, numpy.float32, (2, 128), buffer.ctypes.data)
            session.run_with_iobinding(binding)
            value = module.OrtValue.ortvalue_from_shape_and_type((2, 128), numpy.float32)
            other = session.io_binding()
            other.bind_ortvalue_input(name, module.OrtValue.ortvalue_from_numpy(tensors[name]))
            other.bind_ortvalue_output(output, value)
            session.run_with_iobinding(other)
            free = session.io_binding()
            free.bind_cpu_input(name, tensors[name])
            free.bind_output(output)
            session.run_with_iobinding(free)
            plain = session.run(None, tensors)[0]
            by_value = session.run_with_ort_values([output], {name: module.OrtValue.ortvalue_from_numpy(tensors[name])})[0]
            for result in (buffer, value.numpy(), free.copy_outputs_to_cpu()[0], free.get_outputs()[0].numpy(), by_value.numpy(),
                           binding.copy_outputs_to_cpu()[0]):
                numpy.testing.assert_array_equal(result, plain)
            said.append((list(value.shape()), value.data_type(), value.device_name(), value.is_tensor(), value.has_value()))
        self.assertEqual(said[0], said[1])
        with self.assertRaisesRegex(ValueError, "'cuda'"):
            binding.bind_output(output, "cuda")
        with self.assertRaisesRegex(ValueError, "shape"):
            binding.bind_output(output, buffer_ptr=buffer.ctypes.data)

    def test_metadata(self):
        theirs, ours = sessions(package_data.RECOGNIZER)
        self.assertEqual(theirs.get_modelmeta().producer_name, ours.get_modelmeta().producer_name)
        self.assertEqual(theirs.get_modelmeta().graph_name, ours.get_modelmeta().graph_name)
        self.assertEqual(theirs.get_providers(), ours.get_providers())
        self.assertEqual(theirs.get_provider_options(), ours.get_provider_options())


class OurOwn(unittest.TestCase):
    def setUp(self):
        import cameo.onnxruntime

        self.module = cameo.onnxruntime
        self.path = made_model("mbf")
        self.session = cameo.onnxruntime.InferenceSession(self.path)
        self.tensors = feed(self.session)

    def test_preallocated_outputs(self):
        expected = self.session.run(None, self.tensors)[0]
        place = numpy.full_like(expected, numpy.nan)
        self.assertIs(self.session.run(None, self.tensors, out=[place])[0], place)
        numpy.testing.assert_array_equal(place, expected)
        backwards = numpy.full(expected.shape[::-1], numpy.nan, numpy.float32).T[:, ::-1]
        self.session.run(None, self.tensors, out=[backwards])
        numpy.testing.assert_array_equal(backwards, expected)
        locked = numpy.zeros_like(expected)
        locked.flags.writeable = False
        for wrong, kind in ((numpy.zeros((2, 2), numpy.float32), ValueError), (expected.astype(numpy.float64), TypeError), ([0.0], TypeError),
                            (locked, ValueError), (expected.astype(">f4"), TypeError)):
            with self.assertRaises(kind):
                self.session.run(None, self.tensors, out=[wrong])
        with self.assertRaisesRegex(ValueError, "1 outputs are wanted, but 2"):
            self.session.run(None, self.tensors, out=[place, place])

    def test_results_are_the_callers(self):
        first = self.session.run(None, self.tensors)[0]
        kept = first.copy()
        name = next(iter(self.tensors))
        self.session.run(None, {name: self.tensors[name] * 0.5})
        numpy.testing.assert_array_equal(first, kept)

    def test_thread_count_is_obeyed(self):
        def threads():
            return len(os.listdir("/proc/self/task"))

        expected = self.session.run(None, self.tensors)[0]
        for count in (1, 3, 4):
            options = self.module.SessionOptions()
            options.intra_op_num_threads = count
            before = threads()
            session = self.module.InferenceSession(self.path, options)
            result = session.run(None, self.tensors)[0]
            self.assertEqual(threads() - before, count - 1)  # the caller is one of them
            numpy.testing.assert_array_equal(result, expected)
            del session
            self.assertEqual(threads(), before)

    def test_strides_are_read(self):
        name, tensor = next(iter(self.tensors.items()))
        expected = self.session.run(None, self.tensors)[0]
        for same in (numpy.asfortranarray(tensor), numpy.repeat(tensor, 2, axis=3)[..., ::2], tensor[..., ::-1].copy()[..., ::-1]):
            numpy.testing.assert_array_equal(self.session.run(None, {name: same})[0], expected)

    def test_wrong_inputs(self):
        name, tensor = next(iter(self.tensors.items()))
        for value, kind, words in (
                (tensor.astype(numpy.float64), TypeError, "float32"), (tensor.astype(">f4"), TypeError, "byte order"), (tensor[0], ValueError, "dimensions"),
                (tensor[:, :2], ValueError, "axis 1"), (tensor[:0], ValueError, "empty"), (tensor.astype(numpy.uint8), TypeError, "uint8")):
            with self.assertRaisesRegex(kind, words):
                self.session.run(None, {name: value})
        for tensors, words in (({}, "were not fed"), ({name: tensor, "other": tensor}, "other"), ({"other": tensor}, "not fed")):
            with self.assertRaisesRegex(ValueError, words):
                self.session.run(None, tensors)
        with self.assertRaisesRegex(ValueError, "no output 'nothing'"):
            self.session.run(["nothing"], self.tensors)

    def test_providers(self):
        for wanted in (["CUDAExecutionProvider"], [("TensorrtExecutionProvider", {})]):
            with self.assertRaisesRegex(ValueError, "processor only"):
                self.module.InferenceSession(self.path, providers=wanted)
        with self.assertWarnsRegex(UserWarning, "CUDAExecutionProvider is not used"):
            session = self.module.InferenceSession(self.path, providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
        self.assertEqual(session.get_providers(), ["CPUExecutionProvider"])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.module.InferenceSession(self.path, providers=["CPUExecutionProvider"])
        self.assertEqual(self.module.get_available_providers(), ["CPUExecutionProvider"])

    def test_models_that_are_none(self):
        import cameo

        html = package_data.scratch("page.onnx")
        with open(html, "w", encoding="ascii") as file:
            file.write("<!DOCTYPE html><html><body>Not found</body></html>")
        with self.assertRaisesRegex(cameo.FormatError, "HTML"):
            self.module.InferenceSession(html)
        with self.assertRaisesRegex(FileNotFoundError, "nowhere.onnx"):
            self.module.InferenceSession("nowhere.onnx")
        with self.assertRaises(cameo.FormatError):
            self.module.InferenceSession(b"these bytes are no model")
        with self.assertRaises(OSError):
            self.module.InferenceSession(package_data.SCRATCH.name)
        with self.assertRaisesRegex(TypeError, "NoneType"):
            self.module.InferenceSession(None)

    def test_operators_that_are_not_run(self):
        import onnx
        from onnx import helper

        import cameo

        graph = helper.make_graph([helper.make_node("NonZero", ["x"], ["y"], name="seeker")], "g",
                                  [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, 2])],
                                  [helper.make_tensor_value_info("y", onnx.TensorProto.INT64, [2, None])])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7).SerializeToString()
        with self.assertRaisesRegex(cameo.UnsupportedError, "NonZero") as caught:
            self.module.InferenceSession(model).run(None, {"x": numpy.ones((2, 2), numpy.float32)})
        self.assertIn("seeker", str(caught.exception))
        self.assertIsInstance(caught.exception, NotImplementedError)

    def test_sessions_can_be_pickled(self):
        options = self.module.SessionOptions()
        options.intra_op_num_threads = 3
        again = pickle.loads(pickle.dumps(self.module.InferenceSession(self.path, options)))
        self.assertEqual(again.get_session_options().intra_op_num_threads, 3)
        numpy.testing.assert_array_equal(again.run(None, self.tensors)[0], self.session.run(None, self.tensors)[0])


if __name__ == "__main__":
    package_data.main("test_onnxruntime", needs_module="onnxruntime")
