"""Training pictures of the detector, made while it trains: pages of tiles, each a turned, scaled and mirrored piece of a picture or a texture.

A page of one tile shows one face, large; a page of many shows a crowd of small ones. Boxes and landmarks follow every step.
"""

import cv2
import numpy as np

from .detector_textures import texture

MIRRORED_LANDMARKS = [1, 0, 2, 4, 3]
LARGEST_TURN = 30.0      # degrees
KEPT_SHARE = 0.55        # a face of which less is on its tile is neither a face nor none
SMALLEST_FACE = 9.0      # pixels; smaller ones are ignored
EMPTY_PAGES = 0.12       # that show no face, so that silence is learned for whole pictures as well
HARD_FACES = 0.35        # of the tiles with a photo's face are chosen for one of which the teacher was less sure,
WHOLE_PICTURES = 0.5     # of which so many show all of its picture, in which such faces stand at the edge, behind others
CUT_FACES = 0.15         # of the other tiles cut the face that they show


class Faces:
    """boxes [M,4], points [M,5,2], visible [M,5] (the landmark is in the picture), ignored [K,4]; pixels."""

    def __init__(self, boxes=(), points=(), visible=(), ignored=()):
        self.boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        self.points = np.asarray(points, np.float32).reshape(-1, 5, 2)
        self.visible = np.asarray(visible, bool).reshape(-1, 5)
        self.ignored = np.asarray(ignored, np.float32).reshape(-1, 4)

    def join(self, other):
        return Faces(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("boxes", "points", "visible", "ignored")))


def turned_boxes(boxes, matrix, angle):
    """Boxes [M,4] under an affine map that turns by `angle` degrees: a head is an ellipse rather than a rectangle, so the box of the turned ellipse."""
    if len(boxes) == 0:
        return boxes
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    middle = middle @ matrix[:, :2].T + matrix[:, 2]
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    extent = np.stack([np.hypot(half[:, 0] * cos, half[:, 1] * sin), np.hypot(half[:, 0] * sin, half[:, 1] * cos)], 1) * scale
    return np.concatenate([middle - extent, middle + extent], 1).astype(np.float32)


def transform(faces, matrix, angle, mirrored):
    """Faces under an affine map [2,3]; `mirrored`: the map exchanges left and right, and so do eyes and corners of the mouth."""
    points = faces.points @ matrix[:, :2].T + matrix[:, 2]
    if mirrored:
        points = points[:, MIRRORED_LANDMARKS]
    return Faces(turned_boxes(faces.boxes, matrix, angle), points, faces.visible, turned_boxes(faces.ignored, matrix, angle))


def clip(faces, width, height):
    """Faces cut by their tile's edges: those of which too little is left, or which are tiny, become ignored regions."""
    limit = np.array([width, height, width, height], np.float32)
    cut = np.clip(faces.boxes, 0, limit)
    area = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], 1)
    left = np.prod(cut[:, 2:] - cut[:, :2], 1)
    kept = (left >= KEPT_SHARE * area) & (np.sqrt(left) >= SMALLEST_FACE)
    visible = ((faces.points >= 0) & (faces.points < limit[:2])).all(-1)
    ignored = np.concatenate([np.clip(faces.ignored, 0, limit), cut[~kept]])
    ignored = ignored[np.prod(ignored[:, 2:] - ignored[:, :2], 1) > 4]
    return Faces(cut[kept], faces.points[kept], visible[kept], ignored)


def place(picture, faces, matrix, angle, mirrored, size, border):
    """The picture under the map, on a tile of size (width, height) -> tile and its faces. Shrinks by areas first, so that nothing glitters."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    source, change = picture, matrix.copy()
    while scale < 0.6 and min(source.shape[:2]) >= 8:
        height, width = source.shape[:2]
        source = cv2.resize(source, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        factor = np.array([width / (width // 2), height / (height // 2)])
        # Centres of pixels, not their corners, are at whole numbers.
        change = np.concatenate([change[:, :2] * factor, (change[:, 2] + change[:, :2] @ ((factor - 1) / 2))[:, None]], 1)
        scale *= 2
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    tile = cv2.warpAffine(source, change, size, flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=border or (0, 0, 0))
    return tile, clip(transform(faces, matrix, angle, mirrored), *size)


def random_map(random, size, focus, extent, target, cut=False):
    """A map that brings the square of side `extent` around `focus` to side `target`, somewhere in a tile of size (width, height); `cut`: so that one edge of
    the tile takes a part of the square away."""
    mirrored = bool(random.random() < 0.5)
    angle = float(np.clip(random.normal(0, 12), -LARGEST_TURN, LARGEST_TURN))
    scale = target / extent
    cos, sin = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    linear = np.array([[cos, -sin], [sin, cos]]) * (np.array([-1, 1]) if mirrored else 1)
    linear = linear * np.exp(random.normal(0, 0.04, 2))
    spare = np.maximum(np.array(size) - target, 0.15 * target)
    goal = np.array(size) / 2 + random.uniform(-0.5, 0.5, 2) * spare
    if cut:
        axis, inside = int(random.integers(2)), target * random.uniform(0.08, 0.45)
        goal[axis] = inside if random.random() < 0.5 else size[axis] - inside
    return np.concatenate([linear, (goal - linear @ focus)[:, None]], 1), angle, mirrored


def tiles_of(random, width, height, count):
    """Cuts a page into `count` rectangles (x, y, width, height), the largest first in two."""
    parts = [(0, 0, width, height)]
    while len(parts) < count:
        parts.sort(key=lambda part: -part[2] * part[3])
        x, y, w, h = parts.pop(0)
        share = random.uniform(0.35, 0.65)
        if w > h:
            first = int(w * share)
            parts += [(x, y, first, h), (x + first, y, w - first, h)]
        else:
            first = int(h * share)
            parts += [(x, y, w, first), (x, y + first, w, h - first)]
    return parts


class Source:
    """Pictures [N,H,W,3] with their faces; `hard`: pairs of picture and face of those that are to be seen more often."""

    def __init__(self, pictures, faces, hard=()):
        self.pictures, self.faces, self.hard = pictures, faces, hard

    def __len__(self):
        return len(self.pictures)


def face_tile(random, source, size):
    """A piece of a random picture around one of its faces, or all of a picture with a hard one."""
    hard = len(source.hard) > 0 and random.random() < HARD_FACES
    index, face = source.hard[int(random.integers(len(source.hard)))] if hard else (int(random.integers(len(source))), None)
    picture, faces = source.pictures[index], source.faces[index]
    if len(faces.boxes) == 0:
        return background_tile(random, source, index, size)
    if hard and random.random() < WHOLE_PICTURES:
        side = np.array(picture.shape[1::-1])
        matrix, angle, mirrored = random_map(random, size, side / 2, float(side.max()), max(size) * random.uniform(1.0, 1.3))
    else:
        box = faces.boxes[face if hard else int(random.integers(len(faces.boxes)))]
        extent = float(np.sqrt(np.prod(box[2:] - box[:2])))
        target = min(size) * float(np.exp(random.uniform(np.log(0.28), np.log(1.05))))
        matrix, angle, mirrored = random_map(random, size, (box[:2] + box[2:]) / 2, extent, target, random.random() < CUT_FACES)
    border = None if random.random() < 0.3 else tuple(int(v) for v in random.integers(0, 256, 3))
    return place(picture, faces, matrix, angle, mirrored, size, border)


def background_tile(random, source, index, size):
    """A piece of a picture beside its faces, enlarged; what faces reach into it are ignored or kept as everywhere."""
    picture, faces = source.pictures[index], source.faces[index]
    height, width = picture.shape[:2]
    everything = np.concatenate([faces.boxes, faces.ignored])
    side = random.uniform(0.15, 0.4) * width
    best, least = None, np.inf
    for _ in range(8):
        x, y = random.uniform(0, width - side), random.uniform(0, height - side)
        common = np.clip(np.minimum(everything[:, 2:], [x + side, y + side]) - np.maximum(everything[:, :2], [x, y]), 0, None).prod(1).sum()
        if common < least:
            best, least = np.array([x + side / 2, y + side / 2]), common
        if common == 0:
            break
    matrix, angle, mirrored = random_map(random, size, best, side, max(size) * 1.1)
    return place(picture, faces, matrix, angle, mirrored, size, None)


def page(random, photos, portraits, width, height):
    """-> a picture [height,width,3] and its Faces; one page in eight shows none."""
    count = int(random.choice([1, 1, 1, 1, 2, 2, 3, 4, 6, 9, 14]))
    if width * height < 250 * 250:
        count = min(count, 6)
    texture_share, background_share = (0.6, 1.0) if random.random() < EMPTY_PAGES else (0.06, 0.14)
    picture, all_faces = np.zeros((height, width, 3), np.uint8), Faces()
    for x, y, w, h in tiles_of(random, width, height, count):
        draw = random.random()
        if draw < texture_share:
            tile, faces = texture(random, h, w), Faces()
        elif draw < background_share:
            tile, faces = background_tile(random, photos, int(random.integers(len(photos))), (w, h))
        elif draw < background_share + 0.07 and portraits is not None:
            tile, faces = face_tile(random, portraits, (w, h))
        else:
            tile, faces = face_tile(random, photos, (w, h))
        if count > 1 and random.random() < 0.5:
            tile = recolour(random, tile)
        picture[y:y + h, x:x + w] = tile
        shift = np.array([[1, 0, x], [0, 1, y]], np.float64)
        all_faces = all_faces.join(transform(faces, shift, 0.0, False))
    return develop(random, picture), all_faces


def recolour(random, picture):
    """Brightness, contrast, gamma, tint."""
    table = np.linspace(0, 1, 256) ** np.exp(random.normal(0, 0.35))
    table = (table - 0.5) * np.exp(random.normal(0, 0.2)) + 0.5 + random.normal(0, 0.08)
    tables = table[:, None] * np.exp(random.normal(0, 0.08, 3))
    return cv2.LUT(picture, np.clip(tables * 255, 0, 255).astype(np.uint8)[None])


def develop(random, picture):
    """What happens to a whole picture between the lens and the file: colour, grey, blur, noise, JPEG."""
    if random.random() < 0.7:
        picture = recolour(random, picture)
    if random.random() < 0.12:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if random.random() < 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.8))
    if random.random() < 0.2:
        grain = cv2.randn(np.empty(picture.shape, np.int16), np.zeros(3), np.full(3, random.uniform(3, 18)))
        picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    if random.random() < 0.3:
        code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))])[1]
        picture = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return picture
