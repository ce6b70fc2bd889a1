package dev.sluice.app;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A short mixed workload: customers with a long system prompt of their own, asked by many users, and some one-off
 * questions between them. Seeded: the same seed makes the same requests at the same times.
 */
final class DemoWorkload {
    private static final int CUSTOMERS = 24;
    private static final int SYSTEM_WORDS = 1500;
    private static final double RATE_PER_SECOND = 24;
    private static final String[] WORDS = {
        "account", "answer", "balance", "branch", "change", "client", "contract", "delay", "detail", "engine", "figure",
        "gateway", "handle", "invoice", "journey", "kettle", "ledger", "market", "notice", "option", "parcel",
                "quarter",
        "refund", "service", "ticket", "update", "voucher", "window", "yearly", "zone"
    };

    private final List<Ask> asks = new ArrayList<>();

    /**
     * One request.
     *
     * @param atNanos when it is sent, from the start
     * @param body of a streaming chat completion
     */
    record Ask(long atNanos, String body) {}

    DemoWorkload(long seed, int requests) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> systems = new ArrayList<>();
        for (int c = 0; c < CUSTOMERS; c++) {
            systems.add("You work for customer " + c + ". " + words(random, SYSTEM_WORDS));
        }
        double at = 0;
        for (int i = 0; i < requests; i++) {
            at += -Math.log(1 - random.nextDouble()) / RATE_PER_SECOND;
            boolean oneOff = random.nextInt(8) == 0;
            String system = oneOff ? "You answer briefly." : systems.get(random.nextInt(CUSTOMERS));
            int tokens = 16 + random.nextInt(48);
            asks.add(new Ask((long) (at * 1e9), body(system, words(random, 30), tokens)));
        }
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
