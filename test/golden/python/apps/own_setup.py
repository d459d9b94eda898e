"""Starts both producers itself, as the documentation of each says."""

import openlit
from openinference.instrumentation.openai import OpenAIInstrumentor

openlit.init(application_name="mine")
OpenAIInstrumentor().instrument()

import chat

print(chat.ask())
