package dev.sluice.core;

import dev.sluice.core.flow.AdmissionQueue;
import java.lang.reflect.Field;
import java.util.List;

/** Reaches into core to break it, for planted bugs only. */
public final class Sabotage {
    private Sabotage() {}

    /** Makes a claim that was given back look as if it was not. */
    public static void unrelease(Charge charge) {
        charge.phase = Charge.Phase.PREFILL;
    }

    /** Frees the slots of all endpoints that left, whatever still runs there. */
    public static void freeSlotsEarly(Pool pool) {
        try {
            Field leaving = Pool.class.getDeclaredField("leaving");
            Field slots = Pool.class.getDeclaredField("slots");
            leaving.setAccessible(true);
            slots.setAccessible(true);
            for (Object state : (List<?>) leaving.get(pool)) {
                if (state instanceof EndpointState s && s.inFlight > 0 && !s.reason.equals("sabotaged")) {
                    s.reason = "sabotaged";
                    ((Slots) slots.get(pool)).give(s.slot);
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /** Slots in use, endpoints that leave included. */
    public static List<Integer> slots(Pool pool) {
        try {
            Field leaving = Pool.class.getDeclaredField("leaving");
            leaving.setAccessible(true);
            java.util.ArrayList<Integer> used = new java.util.ArrayList<>();
            for (Object state : (List<?>) leaving.get(pool)) {
                if (state instanceof EndpointState s) {
                    used.add(s.slot);
                }
            }
            Snapshot snapshot = pool.snapshot(0);
            for (int row = 0; row < snapshot.size(); row++) {
                used.add(snapshot.slot(row));
            }
            return used;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    /** Adds bytes to the queue's account that no ticket has. */
    public static void addBytes(AdmissionQueue queue, long bytes) {
        try {
            Field field = AdmissionQueue.class.getDeclaredField("bytes");
            field.setAccessible(true);
            field.setLong(queue, field.getLong(queue) + bytes);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
