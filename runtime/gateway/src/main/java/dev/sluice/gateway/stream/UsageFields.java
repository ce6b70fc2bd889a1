package dev.sluice.gateway.stream;

import dev.sluice.gateway.stream.JsonReader.Token;

/** A {@code usage} object of any dialect. What an object does not say stays as the one before it said. */
final class UsageFields {
    private static final byte[] PROMPT_TOKENS = JsonReader.ascii("prompt_tokens");
    private static final byte[] INPUT_TOKENS = JsonReader.ascii("input_tokens");
    private static final byte[] COMPLETION_TOKENS = JsonReader.ascii("completion_tokens");
    private static final byte[] OUTPUT_TOKENS = JsonReader.ascii("output_tokens");
    private static final byte[] PROMPT_DETAILS = JsonReader.ascii("prompt_tokens_details");
    private static final byte[] INPUT_DETAILS = JsonReader.ascii("input_tokens_details");
    private static final byte[] CACHED_TOKENS = JsonReader.ascii("cached_tokens");
    private static final byte[] CACHE_READ = JsonReader.ascii("cache_read_input_tokens");
    private static final byte[] CACHE_CREATION = JsonReader.ascii("cache_creation_input_tokens");

    private int input = -1;
    private int output = -1;
    private int cached = -1;
    private int cacheRead = -1;
    private int cacheCreation = -1;

    /** Reads from after the opening brace to the closing one. */
    void read(JsonReader json) {
        while (json.nextKey()) {
            if (json.is(PROMPT_TOKENS) || json.is(INPUT_TOKENS)) {
                input = count(json, input);
            } else if (json.is(COMPLETION_TOKENS) || json.is(OUTPUT_TOKENS)) {
                output = count(json, output);
            } else if (json.is(PROMPT_DETAILS) || json.is(INPUT_DETAILS)) {
                details(json);
            } else if (json.is(CACHE_READ)) {
                cacheRead = count(json, cacheRead);
            } else if (json.is(CACHE_CREATION)) {
                cacheCreation = count(json, cacheCreation);
            } else {
                json.next();
                json.skip();
            }
        }
    }

    private void details(JsonReader json) {
        if (json.next() != Token.OBJECT) {
            json.skip();
            return;
        }
        while (json.nextKey()) {
            if (json.is(CACHED_TOKENS)) {
                cached = count(json, cached);
            } else {
                json.next();
                json.skip();
            }
        }
    }

    private static int count(JsonReader json, int before) {
        json.next();
        int count = json.count();
        json.skip();
        return count < 0 ? before : count;
    }

    /** Tokens generated so far, -1 unknown. */
    int completion() {
        return output;
    }

    /**
     * Anthropic counts what was read from a cache, what was written to one and the rest apart; elsewhere the cached
     * tokens are a part of the prompt's. An engine that reports more cached than prompt tokens is not believed.
     */
    Usage usage(Dialect dialect) {
        int prompt = input;
        int hit = cached;
        if (dialect == Dialect.ANTHROPIC) {
            hit = cacheRead;
            if (input >= 0) {
                long sum = (long) input + Math.max(0, cacheRead) + Math.max(0, cacheCreation);
                prompt = (int) Math.min(Integer.MAX_VALUE, sum);
            }
        }
        if (prompt >= 0) {
            hit = Math.min(hit, prompt);
        }
        return new Usage(prompt, hit, output);
    }
}
