"""Workflow steps of LlamaIndex with the names of model methods, which call the model by its API."""

import asyncio

from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from openai import AsyncOpenAI

CLIENT = AsyncOpenAI()


async def ask():
    message = {"role": "user", "content": "hello"}
    return (await CLIENT.chat.completions.create(model="gpt-4o-mini", messages=[message])).choices[0].message.content


class Generate(Workflow):
    @step
    async def generate(self, ev: StartEvent) -> StopEvent:
        return StopEvent(result=await ask())


class Invoke(Workflow):
    @step
    async def invoke(self, ev: StartEvent) -> StopEvent:
        return StopEvent(result=await ask())


async def main():
    for workflow in (Generate, Invoke):
        print(await workflow().run())


asyncio.run(main())
