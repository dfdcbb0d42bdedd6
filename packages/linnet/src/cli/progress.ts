/** A line that tells how far a long step has come: on a terminal it is written over, elsewhere it is not shown. */

/** Shows `text` at most ten times a second on a terminal. */
export class Progress {
  private last = 0;
  private shown = false;

  update(text: () => string): void {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (now - this.last < 100) return;
    this.last = now;
    this.shown = true;
    process.stderr.write(`\r\x1b[2K${text()}`);
  }

  /** Takes the line away. */
  done(): void {
    if (this.shown) process.stderr.write('\r\x1b[2K');
    this.shown = false;
  }
}
