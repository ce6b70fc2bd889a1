package dev.sluice.app.drill;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * What a client asks for: an answer of exactly so many tokens, so that its end can be told from a cut.
 *
 * @param tokens of the answer
 */
record Ask(String model, boolean stream, int tokens, String prompt) {
    private static final int GROUPS = 8;
    private static final int PREFIX_WORDS = 120;
    private static final double STREAMS = 0.75;

    /** One of many: three of four are streams, most answers are short, prompts begin alike in groups. */
    static Ask any(SplittableRandom random, String model) {
        double size = random.nextDouble();
        int tokens = size < 0.5 ? 8 : size < 0.92 ? 24 : 150;
        return new Ask(model, random.nextDouble() < STREAMS, tokens, prompt(random));
    }

    static String prompt(SplittableRandom random) {
        return ("group " + random.nextInt(GROUPS) + " ").repeat(PREFIX_WORDS) + random.nextInt(1 << 20);
    }

    /** The request; the connection is kept unless it says otherwise. */
    byte[] bytes(String key, boolean keep) {
        String body = "{\"model\":\"" + model + "\",\"stream\":" + stream + ",\"max_tokens\":" + tokens
                + ",\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: drill\r\nContent-Type: application/json\r\n"
                        + (key.isEmpty() ? "" : "Authorization: Bearer " + key + "\r\n")
                        + (keep ? "" : "Connection: close\r\n")
                        + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
