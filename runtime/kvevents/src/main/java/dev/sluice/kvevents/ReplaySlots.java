package dev.sluice.kvevents;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** How many replays run at once. */
final class ReplaySlots {
    private final int most;
    private final Set<Object> running = Collections.newSetFromMap(new IdentityHashMap<>());

    ReplaySlots(int most) {
        this.most = most;
    }

    boolean take(Object who) {
        return running.contains(who) || (running.size() < most && running.add(who));
    }

    void give(Object who) {
        running.remove(who);
    }
}
