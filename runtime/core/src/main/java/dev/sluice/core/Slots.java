package dev.sluice.core;

import java.util.ArrayDeque;

/** Hands out small numbers, so that the prefix index can keep endpoints as bits. The one freed longest ago comes first. */
final class Slots {
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int next;

    int take() {
        Integer slot = free.pollFirst();
        return slot == null ? next++ : slot;
    }

    /** One more than the largest that was handed out. */
    int most() {
        return next;
    }

    void give(int slot) {
        free.addLast(slot);
    }
}
