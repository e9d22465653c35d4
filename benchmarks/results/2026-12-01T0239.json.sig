lkpX+C+qJl6krGPqkE5jfXWSHefl/eDPBa/JuBmvoBRgJZ/ytZfGD4tNF/3rChgK0QUctOqc1djY
rVlGfv2mDA==
