/** The devices that elements of a set name (hash:net,iface), each with a number as long as there are such elements: keys are numbers. */
// datapath-ok-file: what is here for packets reads; the rest is for changes of a set

/** Names by number. A number also says whether the port of a bridge is meant (`physdev`). */
export class IpSetIfaces {
  /** Numbers of names that stand for all devices that begin like them. */
  readonly wildcards: number[] = [];
  readonly #places: Map<string, number> = new Map();
  readonly #names: string[] = [''];
  readonly #uses: number[] = [0];
  readonly #free: number[] = [];

  /** How many names there are. */
  get size(): number {
    return this.#places.size;
  }
  /** A device's number; 0: no element names it. */
  find(name: string, physdev: boolean): number {
    const place = this.#places.get(name);
    return place === undefined ? 0 : 2 * place + (physdev ? 1 : 0);
  }
  name(number: number): string {
    return this.#names[number >> 1]!;
  }
  /** The number for a new element, which must then {@link hold} it. */
  add(name: string, physdev: boolean): number {
    if (!this.#places.has(name)) {
      const place = this.#free.pop() ?? this.#names.length;
      this.#names[place] = name;
      this.#uses[place] = 0;
      this.#places.set(name, place);
    }
    return this.find(name, physdev);
  }
  /** One more element has the number. */
  hold(number: number, wildcard: boolean): void {
    this.#uses[number >> 1]!++;
    if (wildcard && !this.wildcards.includes(number)) this.wildcards.push(number);
  }
  /** One element less has it: with the last one the name goes, and what is known of it. */
  release(number: number): void {
    const place = number >> 1;
    if (--this.#uses[place]! > 0) return;
    this.#places.delete(this.#names[place]!);
    this.#names[place] = '';
    this.#free.push(place);
    for (let i = this.wildcards.length - 1; i >= 0; i--) if (this.wildcards[i]! >> 1 === place) this.wildcards.splice(i, 1);
  }
}
