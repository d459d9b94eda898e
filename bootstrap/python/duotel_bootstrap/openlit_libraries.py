"""OpenLIT's instrumentors, copied from openlit._instrumentors.MODULE_NAME_MAP of 1.45.0 so that OpenLIT itself stays unimported."""

# instrumentor -> module whose import starts it
MODULES = {
    name: name
    for name in (
        "ag2 agno ai21 anthropic assemblyai autogen cohere controlflow crawl4ai crewai dynamiq elevenlabs firecrawl gpt4all gradient groq "
        "haystack julep langgraph litellm mcp mem0 multion oci ollama openai pinecone premai psycopg pyautogen pydantic_ai pydo "
        "smolagents strands together transformers vertexai vllm django fastapi falcon flask httpx pyramid requests starlette tornado "
        "urllib3"
    ).split()
}
MODULES.update(
    {
        "agent-framework": "agent_framework",
        "aiohttp-client": "aiohttp",
        "asgi": "asgiref",
        "astra": "astrapy",
        "azure-ai-inference": "azure.ai.inference",
        "bedrock": "boto3",
        "browser-use": "browser_use",
        "chroma": "chromadb",
        "claude-agent-sdk": "claude_agent_sdk",
        "google-adk": "google.adk",
        "google-ai-studio": "google.genai",
        "langchain": "langchain_core",
        "letta": "letta_client",
        "llama_index": "llama_index.core",
        "milvus": "pymilvus",
        "mistral": "mistralai",
        "openai-agents": "agents",
        "psycopg-pool": "psycopg_pool",
        "qdrant": "qdrant_client",
        "reka-api": "reka",
        "sarvam": "sarvamai",
        "urllib": "urllib.request",
    }
)

HTTP = frozenset("asgi django falcon fastapi flask pyramid starlette tornado aiohttp-client httpx requests urllib urllib3".split())

# OpenInference traces these in `both`; OpenLIT's own add only metric points of the model "unknown"
FRAMEWORKS = frozenset(
    (
        "ag2 agent-framework agno autogen browser-use claude-agent-sdk controlflow crawl4ai crewai dynamiq firecrawl google-adk haystack "
        "julep langchain langgraph letta llama_index mcp mem0 multion openai-agents pyautogen pydantic_ai smolagents strands"
    ).split()
)
