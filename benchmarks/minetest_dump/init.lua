-- Generates the box [low, high] of the world (settings terrane_dump_low and _high), writes it into the world's
-- directory and ends the server:
--   nodes.u16   content ids, little endian; for each slab of 16 nodes in y (up), z (north), then y, then x fastest
--   names.txt   one line "id name" for each id that occurs
-- terrane_dump_done.txt appears last.

local low = minetest.string_to_pos(minetest.settings:get("terrane_dump_low"))
local high = minetest.string_to_pos(minetest.settings:get("terrane_dump_high"))
local where = minetest.get_worldpath() .. "/"
local SLAB = 16

local function write_slab(file, y0, seen)
  local from, to = {x = low.x, y = y0, z = low.z}, {x = high.x, y = y0 + SLAB - 1, z = high.z}
  local manipulator = minetest.get_voxel_manip()
  local emin, emax = manipulator:read_from_map(from, to)
  local area = VoxelArea:new({MinEdge = emin, MaxEdge = emax})
  local nodes = manipulator:get_data()
  local bytes = {}
  for z = from.z, to.z do
    for y = from.y, to.y do
      local row = {}
      for i = area:index(from.x, y, z), area:index(to.x, y, z) do
        local id = nodes[i]
        seen[id] = true
        row[#row + 1] = string.char(id % 256, math.floor(id / 256))
      end
      bytes[#bytes + 1] = table.concat(row)
    end
  end
  file:write(table.concat(bytes))
end

local function write_all()
  local file = assert(io.open(where .. "nodes.u16", "wb"))
  local seen = {}
  for y = low.y, high.y, SLAB do
    write_slab(file, y, seen)
    collectgarbage()
  end
  file:close()
  local names = assert(io.open(where .. "names.txt", "w"))
  for id in pairs(seen) do
    names:write(id, " ", minetest.get_name_from_content_id(id), "\n")
  end
  names:close()
  assert(io.open(where .. "terrane_dump_done.txt", "w")):close()
end

minetest.after(0, function()
  minetest.emerge_area(low, high, function(_, action, remaining)
    if action == minetest.EMERGE_ERRORED or action == minetest.EMERGE_CANCELLED then
      minetest.log("error", "terrane_dump: a block was not generated")
      minetest.request_shutdown()
    elseif remaining == 0 then
      write_all()
      minetest.request_shutdown()
    end
  end)
end)
