"""Counts the words of standard input."""

import collections
import sys


def main():
    counts = collections.Counter(sys.stdin.read().split())
    for word, count in counts.most_common(10):
        print(f"{count:6} {word}")
