package dev.sluice.core.peers;

import java.util.List;

/** What one replica says to another. Endpoints, tenants and ids are salted hashes, never names. */
public sealed interface PeerMessage {
    /**
     * All that the sender has in flight now: absolute, so that a lost or late one does no harm. Said by every replica every quarter of
     * a second, also when there is nothing: it is the sign of life.
     *
     * @param round grows with every time of saying; all parts of one round belong together
     * @param part 0 to parts - 1: this message is about the endpoints whose hash leaves this rest
     * @param parts messages that this round was cut into, at least 1
     * @param rows endpoints of this part where something is in flight; all others of it are idle
     */
    record Load(long round, int part, int parts, List<Row> rows) implements PeerMessage {
        /** Whether this message is what counts for an endpoint. */
        public boolean about(long endpoint) {
            return Long.remainderUnsigned(endpoint, parts) == part;
        }
    }

    /** The sender's load at one endpoint. */
    record Row(long endpoint, PeerLoad load) {}

    /** Prompts that were sent to endpoints, or that endpoints turned out not to hold. */
    record Prefixes(List<Chain> chains) implements PeerMessage {}

    /**
     * A prompt at an endpoint.
     *
     * @param keep {@link #ALL} when the endpoint now holds all of it, else how many leading blocks it still holds
     * @param hashes of the prompt's blocks, as in the prefix index; not to be changed
     */
    record Chain(long endpoint, int keep, long[] hashes) {
        /** It holds all blocks. */
        public static final int ALL = -1;
    }

    /**
     * What tenants have used of their limits.
     *
     * @param round grows with every time of saying
     * @param heard the largest round that the sender has had of the receiver; 0 for none
     * @param urgent the sender would like to know soon that this was heard
     * @param rows those that not everybody has said to have heard, and those in use
     */
    record Quotas(long round, long heard, boolean urgent, List<Spent> rows) implements PeerMessage {}

    /**
     * A tenant's use of one set of limits at the sender: absolute numbers since it was started.
     *
     * @param meter which limits
     * @param requests let through
     * @param tokens used or set aside, less what was given back
     * @param inFlight requests at this moment
     * @param requestsUsed what the sender believes to be used of the limit on requests by all together, in millionths of it
     * @param tokensUsed the same of the limit on tokens
     */
    record Spent(long meter, long requests, long tokens, int inFlight, int requestsUsed, int tokensUsed) {}

    /**
     * Does somebody know this decision?
     *
     * @param number the asker's own, to tell answers apart
     * @param id salted hash of the exchange's or the client's id
     */
    record Question(long number, long id) implements PeerMessage {}

    /** Somebody does: its explanation, as JSON. */
    record Answer(long number, byte[] json) implements PeerMessage {}

    /** The sender is about to end: what it had in flight is over. */
    record Bye() implements PeerMessage {}
}
