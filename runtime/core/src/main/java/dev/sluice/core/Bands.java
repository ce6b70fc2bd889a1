package dev.sluice.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The order of an {@link AdmissionQueue} by priority: the highest band that has a ticket is next, and within it the oldest. */
final class Bands implements AdmissionQueue.Order {
    /** Only bands in which somebody waits. */
    private final TreeMap<Integer, AdmissionQueue.Fifo> bands = new TreeMap<>(Comparator.reverseOrder());

    @Override
    public void add(AdmissionQueue.Ticket ticket) {
        bands.computeIfAbsent(ticket.priority, p -> new AdmissionQueue.Fifo()).add(ticket);
    }

    @Override
    public void remove(AdmissionQueue.Ticket ticket) {
        AdmissionQueue.Fifo band = bands.get(ticket.priority);
        if (band != null) {
            band.remove(ticket);
            if (band.head() == null) {
                bands.remove(ticket.priority);
            }
        }
    }

    @Override
    public AdmissionQueue.@Nullable Ticket head() {
        Map.Entry<Integer, AdmissionQueue.Fifo> first = bands.firstEntry();
        return first == null ? null : first.getValue().head();
    }

    @Override
    public List<AdmissionQueue.Ticket> all() {
        List<AdmissionQueue.Ticket> tickets = new ArrayList<>();
        bands.values().forEach(band -> tickets.addAll(band.all()));
        return tickets;
    }
}
