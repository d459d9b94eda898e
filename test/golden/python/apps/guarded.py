"""Starts OpenLIT itself with a guard that denies every call, and asks."""

import openlit
from openai import OpenAI
from openlit.guard._base import Guard, GuardAction, GuardDeniedError, GuardResult


class Deny(Guard):
    name = "deny"

    def evaluate(self, text, context=None):
        return GuardResult(action=GuardAction.DENY, guard_name=self.name, explanation="not allowed")


openlit.init(guards=[Deny()])
try:
    OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hello"}])
    print("answered")
except GuardDeniedError:
    print("denied")
