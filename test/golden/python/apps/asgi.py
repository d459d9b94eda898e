"""A web application for uvicorn: every request asks the model once."""

import chat


async def app(scope, receive, send):
    if scope["type"] == "http":
        body = chat.ask().encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})
