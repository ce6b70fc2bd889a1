package dev.sluice.core.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Blocks by their key, each with its holders. One writer; readers come without a lock at any time.
 *
 * <p><b>Shape.</b> A node is a number: its place in pages of keys and of holders, to which {@link NodeTable} leads. A block costs
 * 8 bytes of key, 4 of holders and some 6 in the table. A new node is put right behind that of the block before it where there is
 * room, so that a reader who follows a chain mostly reads on in memory instead of looking in the table.
 *
 * <p><b>Readers.</b> A node is free when it has no holders, and a key is written before holders are. Whoever finds the key, then
 * the holders, and then the key again, has seen a pair that was true at that moment. So a match is made of answers that were each true
 * at some moment during the match; routing needs no more.
 */
final class Nodes {
    private static final int BITS = FreeNodes.PAGE_BITS;
    private static final int PAGE = 1 << BITS;
    /** Node numbers have 24 bits. */
    static final int MOST = (1 << 24) - 2;

    private static final VarHandle KEY = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle HELD = MethodHandles.arrayElementVarHandle(Holders[].class);

    private volatile NodeTable table = new NodeTable(0);
    private volatile long[][] keys = {};
    private volatile @Nullable Holders[][] holders = {};
    private final FreeNodes free = new FreeNodes();
    private int size;

    int size() {
        return size;
    }

    long key(int node) {
        return keys[node >>> BITS][node & PAGE - 1];
    }

    Holders holders(int node) {
        Holders set = holders[node >>> BITS][node & PAGE - 1];
        return set == null ? Holders.NONE : set;
    }

    void holders(int node, Holders set) {
        HELD.setRelease(holders[node >>> BITS], node & PAGE - 1, set);
    }

    /** The node of a key, or -1. */
    int find(long key) {
        return table.find(key, keys);
    }

    int touch(long key) {
        return table.touch(key);
    }

    /** Puts a key in that is not there yet, with its first holders; right behind another node when there is room. */
    int add(long key, int behind, Holders set) {
        if (free.few()) {
            grow();
        }
        if (size >= table.most()) {
            rebuild(size);
        }
        int node = free.take(behind + 1);
        KEY.setOpaque(keys[node >>> BITS], node & PAGE - 1, key);
        holders(node, set);
        table.add(key, node);
        size++;
        return node;
    }

    void remove(int node) {
        table.remove(key(node), node);
        HELD.setRelease(holders[node >>> BITS], node & PAGE - 1, (@Nullable Holders) null);
        free.give(node);
        size--;
        if (size > 4096 && size < table.most() / 3) {
            rebuild(size);
        }
    }

    private void rebuild(int room) {
        NodeTable next = new NodeTable(room);
        for (int page = 0; page < holders.length; page++) {
            for (int i = 0; i < PAGE; i++) {
                if (holders[page][i] != null) {
                    next.add(keys[page][i], (page << BITS) + i);
                }
            }
        }
        table = next;
    }

    private void grow() {
        int page = free.addPage();
        long[][] moreKeys = Arrays.copyOf(keys, page + 1);
        moreKeys[page] = new long[PAGE];
        @Nullable Holders[][] moreHolders = Arrays.copyOf(holders, page + 1);
        moreHolders[page] = new @Nullable Holders[PAGE];
        keys = moreKeys;
        holders = moreHolders;
    }

    /** Shows a sweep every set in use. */
    void sweep(HolderSets sets) {
        for (@Nullable Holders[] page : holders) {
            for (Holders set : page) {
                if (set != null) {
                    sets.used(set);
                }
            }
        }
    }

    /** From any thread: follows a prompt as far as anybody holds it. */
    void match(long[] chain, int count, Match match) {
        int at = 0;
        while (at < count) {
            NodeTable now = table;
            int node = now.find(chain[at], keys);
            if (node < 0) {
                return;
            }
            // Where the chain goes on when it fills its row: on its way from memory while this row is compared.
            int next = at + FreeNodes.ROW - (node & FreeNodes.ROW - 1);
            if (next < count) {
                match.touched ^= now.touch(chain[next]);
            }
            int matched = follow(chain, at, count, node, match);
            if (matched <= 0) {
                return;
            }
            at += matched;
        }
    }

    /**
     * Follows a chain as far as it lies in one piece, stretch by stretch of the same holders.
     *
     * @return blocks that were matched, or -1 when no lane holds the next one, too
     */
    private int follow(long[] chain, int at, int count, int node, Match match) {
        long[][] allKeys = keys;
        @Nullable Holders[][] allHolders = holders;
        int page = node >>> BITS;
        if (page >= allKeys.length || page >= allHolders.length) {
            return 0;
        }
        long[] own = allKeys[page];
        @Nullable Holders[] held = allHolders[page];
        int from = node & PAGE - 1;
        int same = alike(chain, at, own, from, Math.min(count - at, PAGE - from));
        int done = 0;
        while (done < same) {
            // Keys, holders, and the keys again, in this order.
            Holders set = (Holders) HELD.getAcquire(held, from + done);
            if (set == null) {
                break;
            }
            int end = done + 1;
            while (end < same && held[from + end] == set) {
                end++;
            }
            VarHandle.acquireFence();
            int sure = alike(chain, at + done, own, from + done, end - done);
            if (sure > 0 && !match.next(set, sure)) {
                return -1;
            }
            done += sure;
            if (done < end) {
                break;
            }
        }
        return done;
    }

    /** How many leading keys are the same. */
    private static int alike(long[] chain, int at, long[] page, int from, int most) {
        int differs = Arrays.mismatch(chain, at, at + most, page, from, from + most);
        return differs < 0 ? most : differs;
    }

    /** The key in a node's place; some other number where there is no such place. */
    static long key(long[][] keys, int node) {
        int page = node >>> BITS;
        return page < keys.length ? (long) KEY.getOpaque(keys[page], node & PAGE - 1) : 0;
    }
}
