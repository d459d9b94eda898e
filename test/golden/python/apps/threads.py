"""Imports what both producers watch in four threads at once, then asks."""

import threading
from importlib import import_module

NAMES = ("openai", "chromadb", "opentelemetry.sdk.trace", "llama_index.core")
threads = [threading.Thread(target=import_module, args=(name,)) for name in NAMES]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

import chat

print(chat.ask())
