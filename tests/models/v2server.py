"""A small inference server that speaks the Open Inference Protocol v2, with a real ONNX model behind it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnxruntime

TYPES = {"tensor(float)": ("FP32", "<f4"), "tensor(uint8)": ("UINT8", "u1")}
LENGTH = "Inference-Header-Content-Length"


class V2Server:
    """Serves one model; `fault` changes its answers, and `asked` counts the inferences."""

    def __init__(self, graph: bytes, *, binary: bool = True) -> None:
        self.session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        self.binary, self.fault, self.asked, self.was_binary = binary, "", 0, False
        handler = type("Handler", (_Handler,), {"serving": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def metadata(self) -> dict[str, object]:
        def told(one: object) -> dict[str, object]:
            shape = [side if isinstance(side, int) else -1 for side in one.shape]
            return {"name": one.name, "datatype": TYPES[one.type][0], "shape": shape}

        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        return {
            "name": "plates", "platform": "onnxruntime_onnx",
            "inputs": [told(one) for one in inputs], "outputs": [told(one) for one in outputs],
        }  # fmt: skip

    def infer(self, body: bytes, length: int | None) -> tuple[bytes, int | None]:
        self.asked += 1
        told = json.loads(body if length is None else body[:length])
        (tensor,) = told["inputs"]
        kind = {"FP32": "<f4", "UINT8": "u1"}[tensor["datatype"]]
        self.was_binary = length is not None
        if length is not None:
            assert len(body) - length == tensor["parameters"]["binary_data_size"]
        values = np.frombuffer(body[length:], kind) if length is not None else np.asarray(tensor["data"], kind)
        names = [output["name"] for output in told["outputs"]]
        found = self.session.run(names, {tensor["name"]: values.reshape(tensor["shape"])})
        if self.fault == "shape":
            found = [value[..., :1] if value.ndim > 2 else np.stack([value, value]) for value in found]
        if self.fault == "nan":
            found = [value * np.nan for value in found]
        outputs, tail = [], b""
        for name, value in zip(names, found, strict=True):
            output = {"name": name, "datatype": "FP32", "shape": list(value.shape)}
            data = value.astype("<f4").tobytes()
            if self.was_binary:
                output["parameters"] = {"binary_data_size": len(data)}
                tail += data
            else:
                output["data"] = value.ravel().tolist()
            outputs.append(output)
        if self.fault == "lost":
            outputs = outputs[:-1]
        head = json.dumps({"model_name": "plates", "outputs": outputs}).encode()
        return head + tail, len(head) if self.was_binary else None


class _Handler(BaseHTTPRequestHandler):
    serving: V2Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        facts = {
            "/v2": {"name": "v2", "version": "1", "extensions": ["binary_tensor_data"] if self.serving.binary else []},
            "/v2/health/ready": {}, "/v2/models/plates/ready": {}, "/v2/models/plates": self.serving.metadata(),
            "/v2/models/plates/versions/3": self.serving.metadata(), "/v2/models/plates/versions/3/ready": {},
        }.get(self.path)  # fmt: skip
        if self.serving.fault == "unready" and self.path.endswith("ready"):
            self.answer(400, {"error": "still loading"})
        elif facts is None:
            self.answer(404, {"error": "unknown model"})
        else:
            self.answer(200, facts)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.serving.fault
        if fault == "slow":
            time.sleep(2.0)  # a server that thinks longer than any deadline asked for
        if fault in ("400", "500", "503"):
            self.serving.asked += 1
            return self.answer(int(fault), {"error": "out of order"})
        if fault == "garbage":
            return self.send(200, b"<html>hello</html>", None)
        if fault == "cut":
            self.close_connection = True
            return self.connection.close()
        if fault == "trickle":
            return self.trickle()
        length = self.headers.get(LENGTH)
        return self.send(200, *self.serving.infer(body, int(length) if length else None))

    def trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(100):
            try:
                self.wfile.write(b" ")
            except OSError:
                break
            time.sleep(0.05)  # one byte at a time, so that each read succeeds and the answer never ends
        self.close_connection = True

    def answer(self, status: int, facts: object) -> None:
        self.send(status, json.dumps(facts).encode(), None)

    def send(self, status: int, body: bytes, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if length is not None:
            self.send_header(LENGTH, str(length))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True
