/** The name of a stack and where it is: what an address is made of. */
export interface StackRef {
  readonly name: string;
  readonly namespace: string;
}
