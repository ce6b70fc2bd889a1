package dev.sluice.app;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A short workload, seeded: the same seed makes the same requests at the same times. Either customers with a long system prompt of
 * their own, asked by many users, and some one-off questions between them; or chats that stream, and between them documents that
 * nobody has sent before.
 */
final class DemoWorkload {
    private static final int CUSTOMERS = 24;
    private static final int SYSTEM_WORDS = 1500;
    private static final int DOCUMENT_WORDS = 3600;
    private static final double RATE_PER_SECOND = 24;
    private static final String[] WORDS = {
        "account", "answer", "balance", "branch", "change", "client", "contract", "delay", "detail", "engine", "figure",
        "gateway", "handle", "invoice", "journey", "kettle", "ledger", "market", "notice", "option", "parcel",
                "quarter",
        "refund", "service", "ticket", "update", "voucher", "window", "yearly", "zone"
    };

    private final List<Ask> asks = new ArrayList<>();

    private DemoWorkload() {}

    /**
     * One request.
     *
     * @param atNanos when it is sent, from the start
     * @param document it is one of the long ones
     * @param body of a streaming chat completion
     */
    record Ask(long atNanos, boolean document, String body) {}

    /** Customers with their system prompts. */
    static DemoWorkload customers(long seed, int requests) {
        DemoWorkload made = new DemoWorkload();
        SplittableRandom random = new SplittableRandom(seed);
        List<String> systems = new ArrayList<>();
        for (int c = 0; c < CUSTOMERS; c++) {
            systems.add("You work for customer " + c + ". " + words(random, SYSTEM_WORDS));
        }
        double at = 0;
        for (int i = 0; i < requests; i++) {
            at += pause(random);
            boolean oneOff = random.nextInt(8) == 0;
            String system = oneOff ? "You answer briefly." : systems.get(random.nextInt(CUSTOMERS));
            int tokens = 16 + random.nextInt(48);
            made.asks.add(new Ask((long) (at * 1e9), false, body(system, words(random, 30), tokens)));
        }
        return made;
    }

    /** Chats, and documents between them, one in six. */
    static DemoWorkload documents(long seed, int requests) {
        DemoWorkload made = new DemoWorkload();
        SplittableRandom random = new SplittableRandom(seed);
        double at = 0;
        for (int i = 0; i < requests; i++) {
            at += pause(random);
            boolean document = i % 6 == 5;
            String question = document ? "Sum up: " + words(random, DOCUMENT_WORDS) : words(random, 60);
            int tokens = document ? 16 : 60 + random.nextInt(60);
            made.asks.add(new Ask((long) (at * 1e9), document, body("You answer briefly.", question, tokens)));
        }
        return made;
    }

    private static double pause(SplittableRandom random) {
        return -Math.log(1 - random.nextDouble()) / RATE_PER_SECOND;
    }

    private static String words(SplittableRandom random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(i % 12 == 11 ? ". " : " ");
        }
        return text.toString();
    }

    private static String body(String system, String question, int tokens) {
        return "{\"model\":\"" + DemoFleet.MODEL + "\",\"stream\":true,\"max_tokens\":" + tokens
                + ",\"ignore_eos\":true,\"messages\":[{\"role\":\"system\",\"content\":\"" + system
                + "\"},{\"role\":\"user\",\"content\":\"" + question + "\"}]}";
    }

    List<Ask> asks() {
        return asks;
    }

    static int customers() {
        return CUSTOMERS;
    }
}
