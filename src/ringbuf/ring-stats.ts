/** State of a ring, read from its mapped pages. */
export interface RingStats {
  /** Size of the data area in bytes. */
  readonly size: number;
  /** Unread bytes: with headers, with records still in writing and discarded ones [`ring__avail_data_size`]. */
  readonly available: number;
  /** [`ring__consumer_pos`] */
  readonly consumerPosition: bigint;
  /** [`ring__producer_pos`] */
  readonly producerPosition: bigint;
  /** Records handed to handlers and loops by this consumer. */
  readonly delivered: number;
  /** Records that the program reserved and then discarded. */
  readonly discarded: number;
  /**
   * Milliseconds that handlers took, with the reading around them; in loops from when there are records until there are none
   * any more, with all that their bodies wait for. What reads a group merged (`group.merged()`) is not counted.
   */
  readonly handlerMs: number;
  /** Records that the program could not place, where it counts them. */
  readonly dropped?: bigint;
  /** Since when the oldest record is known to be still in writing, in milliseconds since the epoch. */
  readonly stalledSince?: number;
}
