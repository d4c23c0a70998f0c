/** One line being read from the left by the block parser, which thinks in columns: a tab reaches to the next multiple of 4. */
export class Line {
  readonly text: string
  /** Index of the next character that is not white space. */
  next = 0
  /** Columns of white space before `next`. */
  indent = 0
  #offset = 0
  #column = 0
  /** Columns already eaten of the tab at `offset`. */
  #eaten = 0

  constructor(text: string) {
    this.text = text
    this.#look()
  }

  get blank(): boolean {
    return this.next === this.text.length
  }

  /** What is left, without its leading white space. */
  get content(): string {
    return this.text.slice(this.next)
  }

  /** What is left, white space and all; a half-eaten tab counts as the spaces that are left of it. */
  get rest(): string {
    if (this.#eaten === 0) return this.text.slice(this.#offset)
    return ' '.repeat(4 - (this.#column % 4)) + this.text.slice(this.#offset + 1)
  }

  /** Goes past white space, up to so many columns of it. */
  skipColumns(columns: number): void {
    for (let left = columns; left > 0; left--) {
      const char = this.text[this.#offset]
      if (char === '\t') {
        this.#column++
        this.#eaten++
        if (this.#column % 4 === 0) {
          this.#offset++
          this.#eaten = 0
        }
      } else if (char === ' ') {
        this.#column++
        this.#offset++
      } else break
    }
    this.#look()
  }

  /** Goes past the leading white space and so many characters after it. */
  skipContent(characters: number): void {
    this.#column += this.indent + characters
    this.#offset = this.next + characters
    this.#eaten = 0
    this.#look()
  }

  #look(): void {
    let column = this.#column
    let at = this.#offset
    for (; at < this.text.length; at++) {
      const char = this.text[at]
      if (char === ' ') column++
      else if (char === '\t') column += 4 - (column % 4)
      else break
    }
    this.next = at
    this.indent = column - this.#column
  }
}
