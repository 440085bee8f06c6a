"""When each camera was last heard of."""

from datetime import timedelta

from inspection.core.moment import moment
from inspection.flow import line as line_flow
from inspection.store import lines
from inspection.store.reports import cameras
from tests.plant import Plant


def test_the_newest_image_of_any_view_counts_and_other_cameras_do_not(any_plant: Plant) -> None:
    plant = any_plant
    plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam0", by="setup", now=plant.now))
    plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam2", by="setup", now=plant.now))
    for serial, view in (("A", "front"), ("A", "back"), ("B", "front")):
        plant.later(seconds=60)
        plant.image(serial, view)
    heard = {one.name: one for one in plant.read(lambda tx: cameras.heard(tx, lines.in_force(tx, "phones")))}
    assert {name: one.last_image_at for name, one in heard.items()} == {"cam0": None, "cam1": plant.now, "cam2": None}
    assert not heard["cam1"].silent(plant.now + timedelta(seconds=120))
    assert heard["cam1"].silent(plant.now + timedelta(seconds=121))
    assert heard["cam0"].silent(moment(0))
