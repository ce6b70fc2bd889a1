package dev.sluice.core;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.Split;

/**
 * Two sets of candidates of one snapshot.
 *
 * @param left those that may compute the prompt
 * @param right those that may generate
 */
record PairSet(Snapshot snapshot, CandidateSet left, CandidateSet right) implements Pairs {
    @Override
    public Candidates prefill() {
        return left;
    }

    @Override
    public Candidates decode() {
        return right;
    }

    @Override
    public double transferMs(int prefill, int decode, double tokens) {
        return snapshot.transferMs(left.row(prefill), right.row(decode), tokens);
    }

    /** Whether a choice is one. */
    boolean has(Split split) {
        return split.prefill() >= -1
                && split.prefill() < left.size()
                && split.decode() >= 0
                && split.decode() < right.size();
    }
}
