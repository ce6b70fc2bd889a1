package dev.sluice.core.peers;

import dev.sluice.core.peers.BadPeerMessage.Why;
import dev.sluice.core.peers.PeerMessage.Chain;
import dev.sluice.core.peers.PeerMessage.Row;
import dev.sluice.core.peers.PeerMessage.Spent;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames as bytes: a mark, the version, the kind, sender and receiver (8 bytes each), the sequence (LEB128), then what the kind has. A chain
 * begins with the number of hashes that it has in common with the one before it in the same message, which are left out: prompts of
 * one system prompt cost what they don't share.
 *
 * <p>Another version is refused as a whole, since nobody can say what its bytes would mean: during a roll-out the old replicas share
 * among themselves and the new ones among themselves. What is read is bounded by the bytes that are there.
 */
public final class PeerCodec {
    /** Version of the format. Any change of it needs another one. */
    public static final int VERSION = 1;
    /** Longest frame in bytes that is read. */
    public static final int MOST = 512 << 10;
    /** Longest explanation in bytes. */
    public static final int MOST_JSON = 384 << 10;

    private static final int MARK = 0xA7;
    private static final int LOAD = 1;
    private static final int PREFIXES = 2;
    private static final int QUESTION = 3;
    private static final int ANSWER = 4;
    private static final int BYE = 5;
    private static final int QUOTAS = 6;
    private static final int MOST_PARTS = 1024;
    private static final int MILLION = 1_000_000;

    private PeerCodec() {}

    /** Writes a frame. */
    public static byte[] write(PeerFrame frame) {
        WireOut out = new WireOut();
        out.octet(MARK).octet(VERSION).octet(kind(frame.message()));
        out.word(frame.from()).word(frame.to()).number(frame.sequence());
        switch (frame.message()) {
            case PeerMessage.Load load -> {
                out.number(load.round()).number(load.part()).number(load.parts());
                out.number(load.rows().size());
                load.rows().forEach(row -> write(row, out));
            }
            case PeerMessage.Prefixes prefixes -> {
                out.number(prefixes.chains().size());
                long[] before = {};
                for (Chain chain : prefixes.chains()) {
                    write(chain, before, out);
                    before = chain.hashes();
                }
            }
            case PeerMessage.Quotas quotas -> {
                out.number(quotas.round()).number(quotas.heard()).octet(quotas.urgent() ? 1 : 0);
                out.number(quotas.rows().size());
                quotas.rows().forEach(row -> write(row, out));
            }
            case PeerMessage.Question question -> out.word(question.number()).word(question.id());
            case PeerMessage.Answer answer -> out.word(answer.number()).raw(answer.json());
            case PeerMessage.Bye _ -> {}
        }
        return out.bytes();
    }

    private static int kind(PeerMessage message) {
        return switch (message) {
            case PeerMessage.Load _ -> LOAD;
            case PeerMessage.Prefixes _ -> PREFIXES;
            case PeerMessage.Quotas _ -> QUOTAS;
            case PeerMessage.Question _ -> QUESTION;
            case PeerMessage.Answer _ -> ANSWER;
            case PeerMessage.Bye _ -> BYE;
        };
    }

    private static void write(Row row, WireOut out) {
        PeerLoad load = row.load();
        out.word(row.endpoint()).number(load.requests()).number(load.pendingTokens());
        out.number(load.promptTokens()).number(load.decoding()).number(load.decodingTokens());
    }

    private static void write(Chain chain, long[] before, WireOut out) {
        int shared = common(before, chain.hashes());
        out.word(chain.endpoint()).number(chain.keep() + 1L);
        out.number(shared).number((long) chain.hashes().length - shared);
        for (int i = shared; i < chain.hashes().length; i++) {
            out.word(chain.hashes()[i]);
        }
    }

    private static void write(Spent row, WireOut out) {
        out.word(row.meter()).number(row.requests()).signed(row.tokens()).number(row.inFlight());
        out.signed(row.requestsUsed()).signed(row.tokensUsed());
    }

    /** How many hashes two chains begin with in common. */
    static int common(long[] one, long[] other) {
        int least = Math.min(one.length, other.length);
        int same = 0;
        while (same < least && one[same] == other[same]) {
            same++;
        }
        return same;
    }

    /**
     * Reads a frame.
     *
     * @throws BadPeerMessage when it is none, or of another version
     */
    public static PeerFrame read(byte[] bytes) throws BadPeerMessage {
        if (bytes.length > MOST) {
            throw WireIn.bad("too long");
        }
        WireIn in = new WireIn(bytes);
        if (in.octet() != MARK) {
            throw WireIn.bad("not ours");
        }
        int version = in.octet();
        if (version != VERSION) {
            throw new BadPeerMessage(Why.VERSION, "version " + version);
        }
        int kind = in.octet();
        long from = in.word();
        long to = in.word();
        long sequence = in.number(Long.MAX_VALUE);
        PeerMessage message = switch (kind) {
            case LOAD -> load(in);
            case PREFIXES -> prefixes(in);
            case QUOTAS -> quotas(in);
            case QUESTION -> new PeerMessage.Question(in.word(), in.word());
            case ANSWER -> new PeerMessage.Answer(in.word(), in.rest(MOST_JSON));
            case BYE -> new PeerMessage.Bye();
            default -> throw WireIn.bad("kind " + kind);
        };
        if (in.left() > 0) {
            throw WireIn.bad("more than there should be");
        }
        return new PeerFrame(from, to, sequence, message);
    }

    private static PeerMessage load(WireIn in) throws BadPeerMessage {
        long round = in.number(Long.MAX_VALUE);
        int part = (int) in.number(MOST_PARTS - 1);
        int parts = (int) in.number(MOST_PARTS);
        if (part >= parts) {
            throw WireIn.bad("a part beyond the last");
        }
        int count = in.count(13);
        List<Row> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(new Row(
                    in.word(),
                    new PeerLoad(
                            (int) in.number(PeerLoad.MOST_REQUESTS),
                            in.number(PeerLoad.MOST_TOKENS),
                            in.number(PeerLoad.MOST_TOKENS),
                            (int) in.number(PeerLoad.MOST_REQUESTS),
                            in.number(PeerLoad.MOST_TOKENS))));
        }
        return new PeerMessage.Load(round, part, parts, List.copyOf(rows));
    }

    private static PeerMessage prefixes(WireIn in) throws BadPeerMessage {
        int count = in.count(11);
        List<Chain> chains = new ArrayList<>(count);
        long[] before = {};
        long total = 0;
        for (int i = 0; i < count; i++) {
            long endpoint = in.word();
            int keep = (int) in.number(1 << 24) - 1;
            int shared = (int) in.number(before.length);
            int own = in.count(8);
            // What is shared takes no bytes: without a bound a few of them would stand for gigabytes.
            total += shared + (long) own;
            if (total > MOST) {
                throw WireIn.bad("too many hashes");
            }
            long[] hashes = new long[shared + own];
            System.arraycopy(before, 0, hashes, 0, shared);
            for (int h = shared; h < hashes.length; h++) {
                hashes[h] = in.word();
            }
            if (hashes.length == 0 || keep > hashes.length) {
                throw WireIn.bad("a chain of nothing, or one that keeps more than there is");
            }
            chains.add(new Chain(endpoint, keep, hashes));
            before = hashes;
        }
        return new PeerMessage.Prefixes(List.copyOf(chains));
    }

    private static PeerMessage quotas(WireIn in) throws BadPeerMessage {
        long round = in.number(Long.MAX_VALUE);
        long heard = in.number(Long.MAX_VALUE);
        boolean urgent = in.number(1) == 1;
        int count = in.count(13);
        List<Spent> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long meter = in.word();
            long requests = in.number(Long.MAX_VALUE / 4);
            long tokens = in.signed();
            int inFlight = (int) in.number(PeerLoad.MOST_REQUESTS);
            long requestsUsed = in.signed();
            long tokensUsed = in.signed();
            if (Math.abs(tokens) > Long.MAX_VALUE / 4 || !share(requestsUsed) || !share(tokensUsed)) {
                throw WireIn.bad("a use out of range");
            }
            rows.add(new Spent(meter, requests, tokens, inFlight, (int) requestsUsed, (int) tokensUsed));
        }
        return new PeerMessage.Quotas(round, heard, urgent, List.copyOf(rows));
    }

    private static boolean share(long used) {
        return used >= 0 && used <= 100L * MILLION;
    }
}
