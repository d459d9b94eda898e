"""A fixed workload whose spans, tokens and cost are known in advance: what tests and the demo compare with."""

from openai import APIStatusError

from rag import CHAT_MODEL, EMBEDDING_MODEL, Rag, llm_requests

QUESTIONS = ("What does Jaeger do?", "Who stores metrics?", "What is extracted by graph RAG?")


def run(extra=False):
    """Builds an index, asks three questions of it and one of the model alone; `extra` adds a streamed, a raw, an embedding and a failing call.

    Returns {"answers", "direct", "extra", "usage": {"requests", "prompt_tokens", "completion_tokens", "by_model"}}; usage is what the API's answers said.
    """
    rag = Rag().build()
    answers = [rag.query(question) for question in QUESTIONS]
    direct = rag.chat("direct secret-prompt question")
    summary = {
        "answers": [{"answer": answer["answer"], "sources": len(answer["sources"])} for answer in answers],
        "direct": direct,
        "extra": other_calls(rag) if extra else None,
    }
    return dict(summary, usage=dict(rag.usage.totals(), by_model=rag.usage.by_model))


def other_calls(rag):
    return {"stream": streamed(rag), "raw": raw(rag), "embedding": embedding(rag), "error": failing(rag)}


def streamed(rag):
    stream = rag.client.chat.completions.create(
        model=CHAT_MODEL, stream=True, stream_options={"include_usage": True}, messages=[{"role": "user", "content": "stream it"}]
    )
    llm_requests.add(1)
    words = []
    for chunk in stream:
        words.extend(choice.delta.content or "" for choice in chunk.choices)
        if chunk.usage:
            rag.usage.add(chunk.model, chunk.usage.model_dump())
    return "".join(words)


def raw(rag):
    response = rag.client.chat.completions.with_raw_response.create(model=CHAT_MODEL, messages=[{"role": "user", "content": "raw"}])
    llm_requests.add(1)
    return response.parse().choices[0].message.content


def embedding(rag):
    return len(rag.client.embeddings.create(model=EMBEDDING_MODEL, input=["x"]).data[0].embedding)


def failing(rag):
    llm_requests.add(1)
    try:
        rag.client.chat.completions.create(model="boom", messages=[{"role": "user", "content": "x"}])
    except APIStatusError as error:
        return error.status_code
    return None
