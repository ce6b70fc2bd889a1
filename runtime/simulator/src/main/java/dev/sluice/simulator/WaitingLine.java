package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Sequences that wait for a place: first come first served, or by priority. Those that left are dropped when their turn comes.
 * Those that cannot be taken now because of their adapter are set aside and come back in their old places.
 */
final class WaitingLine {
    private final Sequences seqs;
    private final boolean byPriority;
    private final SlotQueue line = new SlotQueue();
    private final List<Integer> aside = new ArrayList<>();
    private int alive;

    WaitingLine(Sequences seqs, boolean byPriority) {
        this.seqs = seqs;
        this.byPriority = byPriority;
    }

    /** Sequences in it that have not left. */
    int size() {
        return alive;
    }

    /** Whether nobody is there; drops those in front that left. */
    boolean isEmpty() {
        while (!line.isEmpty() && seqs.state[line.peek()] == Sequences.DEAD) {
            seqs.close(line.poll());
        }
        return line.isEmpty();
    }

    /** The first. */
    int peek() {
        return line.peek();
    }

    /** Takes the first out. */
    int poll() {
        alive--;
        return line.poll();
    }

    /** A new one. */
    void add(int slot) {
        enter(slot, false);
    }

    /** One that was further already. */
    void addBack(int slot) {
        enter(slot, true);
    }

    private void enter(int slot, boolean front) {
        seqs.state[slot] = Sequences.WAITING;
        alive++;
        if (byPriority) {
            var at = line.size();
            while (at > 0 && before(slot, line.get(at - 1))) {
                at--;
            }
            line.insert(at, slot);
        } else if (front) {
            line.addFirst(slot);
        } else {
            line.addLast(slot);
        }
    }

    /** One leaves. */
    void leave(int slot) {
        seqs.state[slot] = Sequences.DEAD;
        alive--;
    }

    /** Sets the first aside until {@link #restore}. */
    void setAside() {
        aside.add(line.poll());
    }

    void restore() {
        for (var i = aside.size() - 1; i >= 0; i--) {
            line.addFirst(aside.get(i));
        }
        aside.clear();
    }

    /** Adapters that those in it want. */
    void adapters(Set<Integer> into) {
        for (var i = 0; i < line.size(); i++) {
            var slot = line.get(i);
            if (seqs.state[slot] == Sequences.WAITING && seqs.lora[slot] != 0) {
                into.add(seqs.lora[slot]);
            }
        }
    }

    boolean before(int a, int b) {
        return seqs.priority[a] != seqs.priority[b]
                ? seqs.priority[a] < seqs.priority[b]
                : seqs.order[a] < seqs.order[b];
    }
}
