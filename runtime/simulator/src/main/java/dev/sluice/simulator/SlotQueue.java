package dev.sluice.simulator;

/** A ring of slots: first in, first out, with a way to the front for preempted sequences and one to any place for priorities. */
final class SlotQueue {
    private int[] ring = new int[64];
    private int first;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int peek() {
        return ring[first];
    }

    int get(int index) {
        return ring[(first + index) & (ring.length - 1)];
    }

    int poll() {
        var slot = ring[first];
        first = (first + 1) & (ring.length - 1);
        size--;
        return slot;
    }

    void addLast(int slot) {
        ensureRoom();
        ring[(first + size++) & (ring.length - 1)] = slot;
    }

    void addFirst(int slot) {
        ensureRoom();
        first = (first - 1) & (ring.length - 1);
        ring[first] = slot;
        size++;
    }

    /** Inserts so that the slot gets this index; costs the distance to the end. */
    void insert(int index, int slot) {
        addLast(slot);
        for (var i = size - 1; i > index; i--) {
            ring[(first + i) & (ring.length - 1)] = get(i - 1);
        }
        ring[(first + index) & (ring.length - 1)] = slot;
    }

    private void ensureRoom() {
        if (size == ring.length) {
            var wider = new int[ring.length * 2];
            for (var i = 0; i < size; i++) {
                wider[i] = get(i);
            }
            ring = wider;
            first = 0;
        }
    }
}
