package dev.sluice.core.peers;

/**
 * A message with what protects it from being taken for another one.
 *
 * @param from who says it
 * @param to whom it is for: drawn anew at each start, so that nothing recorded earlier, or on the way to somebody else, counts
 * @param sequence grows with every message of the sender
 */
public record PeerFrame(long from, long to, long sequence, PeerMessage message) {}
