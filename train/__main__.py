"""The command line of training: python -m train COMMAND ..., or ./run train COMMAND ...

A subject that brings commands of its own has a module with `add_commands(subparsers)`, named in SUBJECTS.
"""
import argparse
import importlib
import sys

SUBJECTS = ("recognizer_commands", "detector_commands")


def parser():
    top = argparse.ArgumentParser(prog="train", description="Trains cameo's models, and those of others' sizes. docs/training.md explains.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in SUBJECTS:
        importlib.import_module("." + name, __package__).add_commands(commands)
    return top


def main():
    options = parser().parse_args()
    try:
        return options.action(options)
    except (OSError, ValueError, ArithmeticError) as error:
        print(f"train {options.command}: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print(f"train {options.command}: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
