package dev.sluice.gateway.metrics;

import dev.sluice.spi.Endpoint;

/** What llm-d's series count of one request. Times in ns. */
public sealed interface LlmdRequest permits LlmdSeries.Counted, LlmdRequest.Uncounted {
    /** For a gateway that does not show them. */
    LlmdRequest NONE = new Uncounted();

    /** An endpoint was chosen for it. */
    void placed(Endpoint endpoint);

    /** No endpoint could be chosen. */
    void unplaced();

    /**
     * It was decided whether its prompt is computed elsewhere.
     *
     * @param type of the handler that decided
     * @param name of that instance
     * @param split whether it is
     */
    void disaggregated(String type, String name, boolean split);

    /** Its first token is on the way to the client. */
    void firstToken(long nanos, boolean streaming);

    /** Mean time per output token after the first, of a stream. */
    void perToken(long nanos);

    /**
     * It has ended.
     *
     * @param status what the client was sent; 499 when it left before
     * @param end sizes and tokens
     */
    void ended(int status, long nanos, End end);

    /**
     * How much it was.
     *
     * @param bytesIn of the request's body
     * @param bytesOut of the answer
     * @param promptTokens by the engine's count; negative when it did not say
     * @param cachedTokens those of them that it had; negative when it did not say
     * @param outputTokens generated; negative when it did not say
     */
    record End(long bytesIn, long bytesOut, long promptTokens, long cachedTokens, long outputTokens) {}

    /** Counts nothing. */
    final class Uncounted implements LlmdRequest {
        private Uncounted() {}

        @Override
        public void placed(Endpoint endpoint) {}

        @Override
        public void unplaced() {}

        @Override
        public void disaggregated(String type, String name, boolean split) {}

        @Override
        public void firstToken(long nanos, boolean streaming) {}

        @Override
        public void perToken(long nanos) {}

        @Override
        public void ended(int status, long nanos, End end) {}
    }
}
