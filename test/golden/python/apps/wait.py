"""Asks once, says so, and waits to be ended."""

import time

import chat

chat.ask()
print("ready", flush=True)
while True:
    time.sleep(0.1)
