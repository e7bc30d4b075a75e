"""A process that matches the user's patterns: one that takes for ever is killed with it. Reads and writes lines of JSON.

First line: the patterns. Then {"pattern": number, "lines": […]} each; answered by [groups or null, …].
"""

import json
import re
import sys


def main() -> None:
    patterns = [re.compile(text) for text in json.loads(sys.stdin.readline())]
    for request in sys.stdin:
        wanted = json.loads(request)
        found = [patterns[wanted["pattern"]].search(line) for line in wanted["lines"]]
        sys.stdout.write(json.dumps([None if match is None else match.groupdict() for match in found]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
