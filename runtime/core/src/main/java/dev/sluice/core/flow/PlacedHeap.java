package dev.sluice.core.flow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A binary heap whose elements know where they stand, so that any of them moves or leaves in O(log n). The least is first; the
 * comparator must tell all elements apart if the order is to be the same on every run.
 */
final class PlacedHeap<T> {
    /** Where an element keeps its place; negative when it is not in the heap. */
    interface Place<T> {
        int get(T element);

        void set(T element, int place);
    }

    private final Comparator<T> order;
    private final Place<T> place;
    private final List<T> elements = new ArrayList<>();

    PlacedHeap(Comparator<T> order, Place<T> place) {
        this.order = order;
        this.place = place;
    }

    @Nullable
    T first() {
        return elements.isEmpty() ? null : elements.getFirst();
    }

    boolean isEmpty() {
        return elements.isEmpty();
    }

    boolean has(T element) {
        return place.get(element) >= 0;
    }

    void add(T element) {
        elements.add(element);
        place.set(element, elements.size() - 1);
        up(elements.size() - 1);
    }

    /** What it is ordered by has changed. */
    void moved(T element) {
        int at = place.get(element);
        up(at);
        down(place.get(element));
    }

    void remove(T element) {
        int at = place.get(element);
        place.set(element, -1);
        T last = elements.removeLast();
        if (at < elements.size()) {
            put(at, last);
            moved(last);
        }
    }

    private void put(int at, T element) {
        elements.set(at, element);
        place.set(element, at);
    }

    private void up(int from) {
        int at = from;
        T element = elements.get(at);
        while (at > 0) {
            T parent = elements.get((at - 1) / 2);
            if (order.compare(element, parent) >= 0) {
                break;
            }
            put(at, parent);
            at = (at - 1) / 2;
        }
        put(at, element);
    }

    private void down(int from) {
        int at = from;
        T element = elements.get(at);
        while (2 * at + 1 < elements.size()) {
            int child = 2 * at + 1;
            if (child + 1 < elements.size() && order.compare(elements.get(child + 1), elements.get(child)) < 0) {
                child++;
            }
            if (order.compare(element, elements.get(child)) <= 0) {
                break;
            }
            put(at, elements.get(child));
            at = child;
        }
        put(at, element);
    }
}
