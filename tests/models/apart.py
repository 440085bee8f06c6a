"""A process that speaks and then waits for ever, fails or is killed, as its first argument says."""

import os
import signal
import sys

if __name__ == "__main__":
    print("one", flush=True)
    print("two", flush=True)
    match sys.argv[1]:
        case "waits":
            signal.pause()
        case "falls silent":
            os.close(1)
            signal.pause()
        case "fails":
            raise ValueError("the third is missing")
        case "exits":
            sys.exit(3)
        case "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crashes":
            signal.raise_signal(signal.SIGTERM)
