"""Asks the model N times (default 1)."""

import sys

from openai import OpenAI

CLIENT = OpenAI()


def ask():
    message = {"role": "user", "content": "canary-prompt"}
    return CLIENT.chat.completions.create(model="gpt-4o-mini", messages=[message]).choices[0].message.content


if __name__ == "__main__":
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        print(ask())
