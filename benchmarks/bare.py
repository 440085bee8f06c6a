"""The least a web server of this kind can do with an image: read it and answer. What ingest is compared with."""

import socket

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI(openapi_url=None)


@app.put("/{path:path}")
async def put(request: Request) -> Response:
    """Read the body and forget it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
    return Response(b'{"disposition":"none"}', 201, media_type="application/json")


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
