package dev.sluice.gateway;

/** Told which prompts were sent where, on the way of a request: must not wait. */
interface PromptNews {
    /** Nobody wants to know. */
    PromptNews NONE = new PromptNews() {
        @Override
        public void sent(String pool, String endpoint, long[] hashes, int count) {}

        @Override
        public void cut(String pool, String endpoint, long[] hashes, int count, int keep) {}
    };

    /** @param hashes of the prompt's blocks; not to be changed */
    void sent(String pool, String endpoint, long[] hashes, int count);

    /** The endpoint holds only the first {@code keep} blocks. */
    void cut(String pool, String endpoint, long[] hashes, int count, int keep);
}
