package dev.sluice.app.drill;

/**
 * One attempt of a client.
 *
 * @param gateway that had its connection; empty when none
 * @param id of the answer, {@code x-sluice-id}; empty without one
 * @param status of the answer; 0 without one
 * @param nanos from the first byte sent to the end of the answer
 * @param tokenNanos from the first byte sent to the first token of a stream; 0 without one
 * @param why what is worth telling; empty when all is well
 */
record Result(Ending ending, String gateway, String id, int status, long nanos, long tokenNanos, String why) {}
