package dev.sluice.core.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tree of runs behind {@link PrefixIndex}, where its shape and its invariant are told. One writer at a time. */
final class PrefixTree {
    private final RunTable runs = new RunTable();
    private final long maxBytes;
    private final int defaultCapacity;
    private Slot[] slots;
    private long bytes;
    private long blocks;
    private long now;

    PrefixTree(int slots, int capacity, long maxBytes) {
        this.slots = new Slot[slots];
        Arrays.setAll(this.slots, slot -> new Slot(capacity));
        this.maxBytes = maxBytes;
        this.defaultCapacity = capacity;
    }

    int slots() {
        return slots.length;
    }

    int size(int slot) {
        return slot < slots.length ? slots[slot].blocks : 0;
    }

    long blocks() {
        return blocks;
    }

    long bytes() {
        return bytes;
    }

    /** May run while somebody writes; what it says is then to be thrown away. */
    int match(long[] path, int count, int[] found) {
        Arrays.fill(found, 0);
        int at = 0;
        int best = 0;
        boolean on = true;
        while (on && at < count) {
            Run run = runs.find(path[at]);
            if (run == null) {
                break;
            }
            long[] hashes = run.hashes;
            int same = Run.common(hashes, path, at, count);
            on = false;
            for (Hold hold = run.holds; hold != null; hold = hold.next) {
                if (hold.slot < found.length && found[hold.slot] == at) {
                    int held = Math.min(hold.held, same);
                    found[hold.slot] = at + held;
                    best = Math.max(best, at + held);
                    on |= held == hashes.length;
                }
            }
            at += same;
        }
        return best;
    }

    void insert(int slot, long[] path, int count) {
        reach(slot);
        now++;
        touch(slot, path, count);
        shrink(slot);
        while (bytes > maxBytes && forgetOldest()) {}
    }

    void truncate(int slot, long[] path, int count, int keep) {
        int at = 0;
        Run run = count > Math.max(0, keep) ? runs.find(path[0]) : null;
        while (run != null) {
            int same = run.common(path, at, count);
            if (keep < at + same) {
                cutOff(run, slot, Math.max(0, keep - at));
                return;
            }
            at += same;
            run = same == run.length() && at < count ? runs.find(path[at]) : null;
        }
    }

    void setCapacity(int slot, int most) {
        reach(slot);
        slots[slot].capacity = Math.max(1, most);
        shrink(slot);
    }

    void removeSlot(int slot) {
        reach(slot);
        Slot owner = slots[slot];
        while (owner.oldest != null) {
            keep(owner.oldest, 0);
        }
        owner.capacity = defaultCapacity;
    }

    private void reach(int slot) {
        int old = slots.length;
        if (slot >= old) {
            slots = Arrays.copyOf(slots, Math.max(slot + 1, 2 * old));
            for (int i = old; i < slots.length; i++) {
                slots[i] = new Slot(defaultCapacity);
            }
        }
    }

    private void touch(int slot, long[] path, int count) {
        Run parent = null;
        Hold newer = null;
        int at = 0;
        while (at < count) {
            Run run = runs.find(path[at]);
            if (run == null) {
                run = new Run(Arrays.copyOfRange(path, at, count), parent);
                runs.put(run);
                bytes += Run.COST + 8L * run.length();
            }
            int same = run.common(path, at, count);
            Hold hold = run.hold(slot);
            boolean ends = at + same == count;
            if (same < run.length() && (!ends || (hold != null && hold.held > same))) {
                run = split(run, same);
                hold = run.hold(slot);
            }
            hold = hold(run, slot, hold, newer);
            if (same > hold.held) {
                count(slot, same - hold.held);
                hold.held = same;
            }
            newer = hold;
            parent = run;
            at += same;
        }
    }

    /** The slot's hold on a run, made if need be, touched now and in its place behind the one before it on the path. */
    private Hold hold(Run run, int slot, @Nullable Hold old, @Nullable Hold newer) {
        Hold hold = old;
        if (hold == null) {
            hold = new Hold(run, slot, 0, now);
            run.holds = hold;
            bytes += Hold.COST;
        } else {
            hold.stamp = now;
            slots[slot].unlink(hold);
        }
        slots[slot].link(hold, newer);
        return hold;
    }

    /** Cuts a run in two and returns its head. Blocks at the end that nobody holds are dropped. */
    private Run split(Run run, int at) {
        runs.remove(run);
        Run head = run.cutHead(at);
        bytes += Run.COST;
        Hold kept = null;
        Hold last = null;
        for (Hold hold = run.holds; hold != null; hold = hold.next) {
            Slot slot = slots[hold.slot];
            Hold first = new Hold(head, hold.slot, Math.min(hold.held, at), hold.stamp);
            head.holds = first;
            slot.link(first, hold.newer);
            if (hold.held > at) {
                hold.held -= at;
                bytes += Hold.COST;
                if (kept == null) {
                    kept = hold;
                } else if (last != null) {
                    last.next = hold;
                }
                last = hold;
            } else {
                slot.unlink(hold);
            }
        }
        if (last != null) {
            last.next = null;
        }
        run.holds = kept;
        runs.put(head);
        if (kept == null) {
            drop(run);
        } else {
            runs.put(run);
        }
        return head;
    }

    private void count(int slot, int more) {
        slots[slot].blocks += more;
        blocks += more;
    }

    private void shrink(int slot) {
        Slot owner = slots[slot];
        while (owner.blocks > owner.capacity && owner.oldest != null) {
            keep(owner.oldest, owner.oldest.held - (owner.blocks - owner.capacity));
        }
    }

    /** Leaves the first blocks of a hold; none, and the hold is gone. */
    private void keep(Hold hold, int kept) {
        if (kept >= hold.held) {
            return;
        }
        count(hold.slot, Math.max(0, kept) - hold.held);
        if (kept > 0) {
            hold.held = kept;
            return;
        }
        slots[hold.slot].unlink(hold);
        hold.run.unlink(hold);
        bytes -= Hold.COST;
        if (hold.run.holds == null) {
            runs.remove(hold.run);
            drop(hold.run);
        }
    }

    private void drop(Run run) {
        run.leave();
        bytes -= Run.COST + 8L * run.length();
    }

    private boolean forgetOldest() {
        Hold oldest = null;
        for (Slot slot : slots) {
            if (slot.oldest != null && (oldest == null || slot.oldest.stamp < oldest.stamp)) {
                oldest = slot.oldest;
            }
        }
        if (oldest != null) {
            keep(oldest, 0);
        }
        return oldest != null;
    }

    private void cutOff(Run top, int slot, int kept) {
        Hold hold = top.hold(slot);
        if (hold == null || hold.held <= kept) {
            return;
        }
        List<Hold> behind = new ArrayList<>();
        behind.add(hold);
        for (int i = 0; i < behind.size(); i++) {
            for (Run child = behind.get(i).run.child; child != null; child = child.sibling) {
                Hold next = child.hold(slot);
                if (next != null) {
                    behind.add(next);
                }
            }
        }
        for (int i = behind.size() - 1; i > 0; i--) {
            keep(behind.get(i), 0);
        }
        keep(hold, kept);
    }
}
