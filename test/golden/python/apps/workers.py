"""Asks once in each of two children of multiprocessing (the argument is the start method), with a second argument in the parent first."""

import multiprocessing
import sys

import chat


def work():
    chat.ask()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        chat.ask()
    context = multiprocessing.get_context(sys.argv[1])
    children = [context.Process(target=work) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print([child.exitcode for child in children])
