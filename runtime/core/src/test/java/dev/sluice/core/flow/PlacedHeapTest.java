package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlacedHeapTest {
    private static final class Element {
        final int id;
        int key;
        int place = -1;

        Element(int id, int key) {
            this.id = id;
            this.key = key;
        }
    }

    private static final Comparator<Element> ORDER =
            Comparator.<Element>comparingInt(e -> e.key).thenComparingInt(e -> e.id);

    @Test
    void itsFirstIsTheLeastWhateverEntersMovesAndLeaves() {
        PlacedHeap<Element> heap = new PlacedHeap<>(ORDER, new PlacedHeap.Place<>() {
            @Override
            public int get(Element element) {
                return element.place;
            }

            @Override
            public void set(Element element, int place) {
                element.place = place;
            }
        });
        SplittableRandom random = new SplittableRandom(7);
        TreeSet<Element> model = new TreeSet<>(ORDER);
        for (int i = 0; i < 20_000; i++) {
            int what = random.nextInt(4);
            if ((what < 2 && model.size() < 60) || model.isEmpty()) {
                Element fresh = new Element(i, random.nextInt(100));
                heap.add(fresh);
                model.add(fresh);
            } else {
                Element any = model.stream()
                        .skip(random.nextInt(model.size()))
                        .findFirst()
                        .orElseThrow();
                model.remove(any);
                if (what == 2) {
                    any.key = random.nextInt(100);
                    heap.moved(any);
                    model.add(any);
                } else {
                    heap.remove(any);
                    assertThat(heap.has(any)).isFalse();
                }
            }
            assertThat(heap.isEmpty()).isEqualTo(model.isEmpty());
            assertThat(heap.first()).isSameAs(model.isEmpty() ? null : model.first());
        }
    }
}
