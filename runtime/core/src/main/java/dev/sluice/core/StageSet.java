package dev.sluice.core;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Stages;
import java.util.ArrayList;
import java.util.List;

/** What the profiles of a decision did, written down as they run. */
final class StageSet implements Stages {
    private final List<String> profiles;
    private final List<String> done = new ArrayList<>(2);
    private final List<Ran> ran = new ArrayList<>(2);

    /**
     * How a profile went.
     *
     * @param left candidates after its filters
     * @param rows of its pick, in order of preference; empty when it left none
     */
    record Ran(CandidateSet left, int[] rows) {
        /** Index of the pick among the candidates. */
        int picked() {
            for (int i = 0; rows.length > 0 && i < left.size(); i++) {
                if (left.row(i) == rows[0]) {
                    return i;
                }
            }
            return -1;
        }
    }

    StageSet(List<String> profiles) {
        this.profiles = profiles;
    }

    void add(String profile, Ran how) {
        done.add(profile);
        ran.add(how);
    }

    Ran ran(String profile) {
        int at = done.indexOf(profile);
        if (at < 0) {
            throw new IllegalArgumentException("profile " + profile + " has not run");
        }
        return ran.get(at);
    }

    /** What the last profile picked; -1 when it picked nobody or none ran. */
    int lastRow() {
        return ran.isEmpty() || ran.getLast().rows().length == 0
                ? -1
                : ran.getLast().rows()[0];
    }

    /** What each profile picked that found somebody. */
    List<Decision.Pick> picks() {
        List<Decision.Pick> picks = new ArrayList<>(done.size());
        for (int i = 0; i < done.size(); i++) {
            if (ran.get(i).rows().length > 0) {
                picks.add(new Decision.Pick(done.get(i), ran.get(i).rows()[0]));
            }
        }
        return picks;
    }

    @Override
    public List<String> profiles() {
        return profiles;
    }

    @Override
    public List<String> done() {
        return List.copyOf(done);
    }

    @Override
    public Candidates candidates(String profile) {
        return ran(profile).left();
    }

    @Override
    public int picked(String profile) {
        return ran(profile).picked();
    }
}
